"""The peers in Python: its counter, locks, event, barrier, and the start of a process."""

import multiprocessing
import time
from multiprocessing import shared_memory

from python_rounds import child, latencies, rate, serve

# Increments of a counter under its lock

CHUNK = 100


def increment_until(counter, end):
    """How many there were until the moment `end` of the monotonic clock."""
    lock = counter.get_lock()
    count = 0
    while time.monotonic() < end:
        for _ in range(CHUNK):
            with lock:
                counter.value += 1
        count += CHUNK
    return count


def contend(counter, connection):
    while True:
        begin, end = connection.recv()
        while time.monotonic() < begin:
            pass
        connection.send(increment_until(counter, end))


def increments(_data):
    counter = multiprocessing.Value("q", 0)
    here, there = multiprocessing.Pipe()
    child(contend, counter, there)

    def do_round(request):
        seconds = request["ms"] / 1000
        counter.value = 0
        start = time.monotonic()
        alone = increment_until(counter, start + seconds)
        alone_rate = alone / (time.monotonic() - start)
        begin = time.monotonic() + 0.005
        here.send((begin, begin + seconds))
        while time.monotonic() < begin:
            pass
        mine = increment_until(counter, begin + seconds)
        theirs = here.recv()
        assert counter.value == alone + mine + theirs, counter.value
        return {
            "alone": {"value": alone_rate},
            "contended": {"value": (mine + theirs) / seconds},
            "fairness": {"value": min(mine, theirs) / max(mine, theirs, 1)},
        }

    serve(do_round)


# Locks that nobody else wants


def pairs(data):
    lock = getattr(multiprocessing, data["kind"])()

    def work(count):
        acquire, release = lock.acquire, lock.release
        for _ in range(count):
            acquire()
            release()

    serve(lambda request: {"pairs": rate(request["count"], lambda: work(request["count"]))})


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
        return {"wake": latencies(times)}

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

    def meetings(count):
        for _ in range(count):
            barrier.wait()

    def do_round(request):
        count = request["count"]
        for connection in connections:
            connection.send(count)
        barrier.wait()
        return {"meetings": rate(count, lambda: meetings(count))}

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
        return {"message": latencies(times)}

    serve(do_round)


# Making and attaching


def attach(data):
    def queue():
        made = multiprocessing.Queue()
        made.close()

    def memory():
        made = shared_memory.SharedMemory(create=True, size=4000)
        made.close()
        made.unlink()

    create = {"queue": queue, "memory": memory, "lock": multiprocessing.Lock}[data["kind"]]

    def do_round(request):
        times = []
        for _ in range(request["count"]):
            begin = time.perf_counter_ns()
            create()
            times.append((time.perf_counter_ns() - begin) / 1000)
        return {"create": latencies(times)}

    serve(do_round)
