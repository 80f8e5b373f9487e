"""The peers in Python: multiprocessing as it comes. Its queue and its pipe; the rest is in python_sync.py."""

import json
import multiprocessing
import sys

from python_managers import manager_calls
from python_rounds import child, end_with_parent, rate, serve, time_parts
from python_sync import attach, increments, meet, pairs, start, wake

MESSAGE = {"id": 1, "v": 2.5, "s": "hello"}


# Round trips


def echo(connection):
    while True:
        connection.send(connection.recv())


def echo_bytes(connection):
    while True:
        connection.send_bytes(connection.recv_bytes())


def round_trip(_data):
    here, there = multiprocessing.Pipe()
    child(echo, there)

    def trip():
        here.send(MESSAGE)
        here.recv()

    serve(lambda request: time_parts(request["parts"], lambda _part: trip))


def round_trip_bytes(_data):
    here, there = multiprocessing.Pipe()
    child(echo_bytes, there)

    def trip_for(part):
        data = b"\1" * part["size"]

        def trip():
            here.send_bytes(data)
            here.recv_bytes()

        return trip

    serve(lambda request: time_parts(request["parts"], trip_for))


# Throughput


def item(number):
    return {"id": number, "v": number / 2, "s": "hello"}


def expect(connection, count):
    received = connection.recv()
    assert received == count, f"{received} of {count} arrived"


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

    def put(count):
        for number in range(count):
            queue.put(item(number))
        queue.put(None)
        expect(answers, count)

    serve(lambda request: {"items": rate(request["count"], lambda: put(request["count"]))})


def pipe_sink(connection):
    received = 0
    while True:
        if connection.recv() is None:
            connection.send(received)
            received = 0
        else:
            received += 1


def pipe_throughput(_data):
    here, there = multiprocessing.Pipe()
    child(pipe_sink, there)

    def send(count):
        for number in range(count):
            here.send(item(number))
        here.send(None)
        expect(here, count)

    serve(lambda request: {"items": rate(request["count"], lambda: send(request["count"]))})


# Bytes


def count_sink(connection):
    received = 0
    while True:
        if connection.recv_bytes():
            received += 1
        else:
            connection.send(received)
            received = 0


def bytes_throughput(data):
    here, there = multiprocessing.Pipe()
    child(count_sink, there)
    payload = b"\1" * data["size"]

    def send(count):
        for _ in range(count):
            here.send_bytes(payload)
        here.send_bytes(b"")
        expect(here, count)

    serve(lambda request: {"items": rate(request["count"], lambda: send(request["count"]))})


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
        count, size = request["count"], request["size"]
        data = b"\1" * size

        def send():
            for _ in range(count):
                here.send_bytes(data)
            here.send_bytes(b"")
            expect(here, count * size)

        return {"bytes": rate(count * size, send, count)}

    serve(do_round)


def receipt(connection):
    while True:
        connection.send(len(connection.recv_bytes()))


def hand_over(_data):
    here, there = multiprocessing.Pipe()
    child(receipt, there)

    def trip_for(part):
        data = b"\1" * part["size"]

        def trip():
            here.send_bytes(data)
            expect(here, part["size"])

        return trip

    serve(lambda request: time_parts(request["parts"], trip_for))


# Many to many


def fan_producer(queue, orders):
    while True:
        for number in range(orders.recv()):
            queue.put(item(number))
        orders.send("done")


def fan_consumer(queue, orders):
    while True:
        orders.recv()
        received = 0
        while queue.get() is not None:
            received += 1
        orders.send(received)


def fan(data):
    queue = multiprocessing.Queue()
    producers, consumers = [], []
    for group, count, target in (
        (producers, data["producers"], fan_producer),
        (consumers, data["consumers"], fan_consumer),
    ):
        for _ in range(count):
            here, there = multiprocessing.Pipe()
            child(target, queue, there)
            group.append(here)

    def pass_on(count):
        for one in producers + consumers:
            one.send(count)
        for producer in producers:
            producer.recv()
        received = 0
        while True:
            for _ in consumers:
                queue.put(None)
            received += sum(consumer.recv() for consumer in consumers)
            if received == count * len(producers):
                return
            # A producer's own thread may still be writing what it put: some of it came after the end.
            for consumer in consumers:
                consumer.send(0)

    def do_round(request):
        share = request["count"] // len(producers)
        return {"items": rate(share * len(producers), lambda: pass_on(share))}

    serve(do_round)


TARGETS = (
    round_trip,
    round_trip_bytes,
    throughput,
    pipe_throughput,
    bytes_throughput,
    large,
    hand_over,
    fan,
    increments,
    pairs,
    wake,
    meet,
    start,
    attach,
    manager_calls,
)

if __name__ == "__main__":
    end_with_parent()
    options = json.loads(sys.argv[1])
    targets = {target.__name__: target for target in TARGETS}
    targets[options["target"]](options.get("data"))
