"""The peers in Python: multiprocessing as it comes. Does a round for each line of JSON on standard input, and answers on descriptor 3."""

import ctypes
import json
import multiprocessing
import os
import signal
import sys
import time

MESSAGE = {"id": 1, "v": 2.5, "s": "hello"}
PR_SET_PDEATHSIG = 1


def end_with_parent():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def tell(message):
    os.write(3, (json.dumps(message) + "\n").encode())


def serve(do_round):
    tell("ready")
    for line in sys.stdin:
        try:
            tell(do_round(json.loads(line)))
        except Exception as error:  # told to whoever asked
            tell({"failed": repr(error)})


def percentile(values, share):
    ordered = sorted(values)
    position = (len(ordered) - 1) * share
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def time_trips(count, pause_ms, trip):
    times = []
    for _ in range(count):
        if pause_ms:
            time.sleep(pause_ms / 1000)
        start = time.perf_counter_ns()
        trip()
        times.append((time.perf_counter_ns() - start) / 1000)
    return {"value": percentile(times, 0.5), "p99": percentile(times, 0.99)}


def child(target, *args):
    process = multiprocessing.Process(target=guarded, args=(target, *args), daemon=True)
    process.start()
    return process


def guarded(target, *args):
    end_with_parent()
    target(*args)


# Round trips


def echo(connection):
    while True:
        connection.send(connection.recv())


def round_trip(_data):
    here, there = multiprocessing.Pipe()
    child(echo, there)

    def trip():
        here.send(MESSAGE)
        here.recv()

    def do_round(request):
        return {
            "hot": time_trips(request["hot"], 0, trip),
            "silence": time_trips(request["silent"], request["silenceMs"], trip),
        }

    serve(do_round)


# Throughput of a queue


def queue_sink(queue, answers):
    received = 0
    while True:
        if queue.get() is None:
            answers.send(received)
            received = 0
        else:
            received += 1


def throughput(_data):
    queue = multiprocessing.Queue()
    answers, theirs = multiprocessing.Pipe(duplex=False)
    child(queue_sink, queue, theirs)

    def do_round(request):
        count = request["pythonCount"]
        start = time.perf_counter()
        for number in range(count):
            queue.put({"id": number, "v": number / 2, "s": "hello"})
        queue.put(None)
        received = answers.recv()
        assert received == count, received
        return {"items": {"value": count / (time.perf_counter() - start)}}

    serve(do_round)


# Large buffers


def bytes_sink(connection):
    total = 0
    while True:
        size = len(connection.recv_bytes())
        total += size
        if size == 0:
            connection.send(total)
            total = 0


def large(_data):
    here, there = multiprocessing.Pipe()
    child(bytes_sink, there)

    def do_round(request):
        data = b"\1" * request["size"]
        start = time.perf_counter()
        for _ in range(request["count"]):
            here.send_bytes(data)
        here.send_bytes(b"")
        total = here.recv()
        assert total == request["size"] * request["count"], total
        return {"bytes": {"value": total / (time.perf_counter() - start)}}

    serve(do_round)


# Increments of a counter under its lock


def increment(counter, count):
    lock = counter.get_lock()
    for _ in range(count):
        with lock:
            counter.value += 1


def contend(counter, connection):
    while True:
        increment(counter, connection.recv())
        connection.send(time.monotonic())


def increments(_data):
    counter = multiprocessing.Value("i", 0)
    here, there = multiprocessing.Pipe()
    child(contend, counter, there)

    def do_round(request):
        count = request["pythonCount"]
        counter.value = 0
        start = time.perf_counter()
        increment(counter, count)
        alone = count / (time.perf_counter() - start)
        start = time.monotonic()
        here.send(count)
        increment(counter, count)
        end = max(time.monotonic(), here.recv())
        assert counter.value == 3 * count, counter.value
        return {"alone": {"value": alone}, "contended": {"value": 2 * count / (end - start)}}

    serve(do_round)


# Locks that nobody else wants


def pairs(data):
    lock = getattr(multiprocessing, data["kind"])()

    def do_round(request):
        count = request["pythonCount"]
        acquire, release = lock.acquire, lock.release
        start = time.perf_counter()
        for _ in range(count):
            acquire()
            release()
        return {"pairs": {"value": count / (time.perf_counter() - start)}}

    serve(do_round)


# Waking a process that sleeps


def sleeper(event, connection):
    while True:
        event.wait()
        woken = time.monotonic_ns()
        event.clear()
        connection.send(woken)


def wake(_data):
    event = multiprocessing.Event()
    here, there = multiprocessing.Pipe()
    child(sleeper, event, there)

    def do_round(request):
        times = []
        for _ in range(request["count"]):
            time.sleep(request["silenceMs"] / 1000)
            start = time.monotonic_ns()
            event.set()
            times.append((here.recv() - start) / 1000)
        return {"wake": {"value": percentile(times, 0.5), "p99": percentile(times, 0.99)}}

    serve(do_round)


# A barrier of four processes

PARTIES = 4


def party(barrier, connection):
    while True:
        for _ in range(connection.recv() + 1):
            barrier.wait()


def meet(_data):
    barrier = multiprocessing.Barrier(PARTIES)
    connections = []
    for _ in range(PARTIES - 1):
        here, there = multiprocessing.Pipe()
        child(party, barrier, there)
        connections.append(here)

    def do_round(request):
        count = request["count"]
        for connection in connections:
            connection.send(count)
        barrier.wait()
        start = time.perf_counter()
        for _ in range(count):
            barrier.wait()
        return {"meetings": {"value": count / (time.perf_counter() - start)}}

    serve(do_round)


# From start to first message


def say_hello(connection):
    connection.send("hello")


def start(_data):
    context = multiprocessing.get_context("spawn")

    def do_round(request):
        times = []
        for _ in range(request["count"]):
            here, there = context.Pipe()
            begin = time.perf_counter()
            process = context.Process(target=say_hello, args=(there,))
            process.start()
            here.recv()
            times.append((time.perf_counter() - begin) * 1000)
            process.join()
        return {"message": {"value": percentile(times, 0.5)}}

    serve(do_round)


if __name__ == "__main__":
    end_with_parent()
    options = json.loads(sys.argv[1])
    globals()[options["target"]](options["data"] if "data" in options else None)
