"""A participant of the matrix in Python. ../README.md says what each does.

Instance 1 waits in asyncio where instance 0 blocks."""

import asyncio
import json
import sys
import time
import zlib
from struct import Struct

import interproc

ROLE, KIND, NAME = sys.argv[1:4]
COUNT, INSTANCE, HOLD = map(int, sys.argv[4:7])
WRITES = ROLE == "writer"
CREATES = WRITES and INSTANCE == 0
PROGRESS = (0 if WRITES else 2) + INSTANCE
STOP, PAYLOAD, FIRST, SECOND = 4, 5, 6, 7

PATTERN = bytes(range(256)) * 275
HEADER = Struct("<II")
SUM = Struct("<I")


def say(value):
    print(json.dumps(value), flush=True)


def told():
    """Waits for the driver, and ends with it."""
    if not sys.stdin.readline():
        sys.exit(1)


def body_length(sequence):
    return 70_000 if sequence % 1_000 == 999 else sequence * 7 % 61


def message(producer, sequence):
    begin = (sequence + producer * 31) & 0xFF
    content = HEADER.pack(producer, sequence) + PATTERN[begin : begin + body_length(sequence)]
    return content + SUM.pack(zlib.crc32(content))


class Account:
    """Takes messages as they come, and raises for one that is damaged or out of its producer's order."""

    def __init__(self):
        self.messages, self.sums, self.next, self.total = [0, 0], [0, 0], [0, 0], 0

    def take(self, content):
        producer, sequence = HEADER.unpack_from(content)
        if len(content) != body_length(sequence) + 12:
            raise ValueError(f"message {sequence} of producer {producer} has {len(content)} bytes")
        total = zlib.crc32(content[:-4])
        if total != SUM.unpack_from(content, len(content) - 4)[0]:
            raise ValueError(f"message {sequence} of producer {producer} is damaged")
        if sequence < self.next[producer]:
            raise ValueError(f"message {sequence} of producer {producer} after {self.next[producer] - 1}")
        self.next[producer] = sequence + 1
        self.messages[producer] += 1
        self.sums[producer] += total
        self.total += 1
        journal[PROGRESS] = self.total

    def result(self, end):
        return {"messages": self.messages, "sums": self.sums, "next": self.next, "end": end}


def stopped():
    return journal[STOP] != 0


class Queue:
    def create(self):
        return interproc.Queue(name=NAME, codec="raw", capacity=64 * 1024)

    def open(self):
        return interproc.Queue.open(NAME)

    def writer(self, queue):
        if INSTANCE == 1:
            return asyncio.run(self.writer_async(queue))
        sequence = 0
        while sequence < COUNT or not stopped():
            queue.put(message(INSTANCE, sequence))
            sequence += 1
            journal[PROGRESS] = sequence
        return {"messages": sequence}

    async def writer_async(self, queue):
        sequence = 0
        while sequence < COUNT or not stopped():
            await queue.put_async(message(INSTANCE, sequence))
            sequence += 1
            journal[PROGRESS] = sequence
        return {"messages": sequence}

    def reader(self, queue):
        if INSTANCE == 1:
            return asyncio.run(self.reader_async(queue))
        account = Account()
        for content in queue:
            account.take(content)
        return account.result("shut-down")

    async def reader_async(self, queue):
        account = Account()
        async for content in queue:
            account.take(content)
        return account.result("shut-down")


class Pipe:
    def create(self):
        mine, theirs = interproc.Pipe(name=NAME, codec="raw", capacity=64 * 1024)
        theirs.send_away()
        return mine

    def open(self):
        return interproc.attach({"interproc": 1, "kind": "connection", "name": NAME, "end": 1})

    def writer(self, end):
        sequence = 0
        try:
            while sequence < COUNT or not stopped():
                end.send(message(0, sequence))
                sequence += 1
                journal[PROGRESS] = sequence
        except BrokenPipeError:
            return {"messages": sequence, "end": "broken-pipe"}
        end.close()
        return {"messages": sequence, "end": "done"}

    def reader(self, end):
        account = Account()
        for content in end:
            account.take(content)
        return account.result("eof")


def turns(least, lockable, act, check=lambda abandoned: None):
    """``act`` in a critical section, ``least`` times, and once more after the driver has said stop; ``check`` before it.
    Turn ``HOLD`` never ends."""
    rounds = abandoned = 0
    last = False
    while not last:
        last = rounds + 1 >= least and stopped()
        lockable.acquire()
        abandoned += lockable.abandoned
        check(lockable.abandoned)
        if rounds == HOLD:
            act(True)
            say({"held": rounds})
            told()
        act(False)
        lockable.release()
        rounds += 1
        journal[PROGRESS] = rounds
    return {"rounds": rounds, "abandoned": abandoned}


class Value:
    def create(self):
        return interproc.Value("q", 0, name=NAME)

    def open(self):
        return interproc.Value.open(NAME)

    def both(self, value):
        step = 1 if WRITES else 1 << 32

        def act(half):
            value.value += step

        return turns(COUNT, value, act)


class Array:
    def create(self):
        return interproc.Array("i", 200, name=NAME)

    def open(self):
        return interproc.Array.open(NAME)

    def both(self, array):
        mine, theirs = (0, 100) if WRITES else (100, 0)
        elements = array.view

        def act(half):
            for index in range(mine, mine + (50 if half else 100)):
                elements[index] += 1

        def check(abandoned):
            if abandoned:
                array[theirs : theirs + 100] = [elements[theirs]] * 100
            if set(elements[:100]) != {elements[0]} or set(elements[100:]) != {elements[100]}:
                raise ValueError("half a write is there")

        return turns(-(-COUNT // 100), array, act, check)


class Lock:
    def create(self):
        return interproc.Lock(name=NAME)

    def open(self):
        return interproc.Lock.open(NAME)

    def both(self, lock):
        def act(half):
            journal[FIRST] += 1
            if not half:
                journal[SECOND] += 1

        def check(abandoned):
            if abandoned:
                journal[SECOND] = journal[FIRST]
            if journal[FIRST] != journal[SECOND]:
                raise ValueError("another one is in the critical section")

        return turns(COUNT, lock, act, check)


# So that the other side sleeps by then: seconds, and in which rounds of 500.
LATE, LATE_QUESTION, LATE_ANSWER = 0.01, 249, 499


class Event:
    def create(self):
        return interproc.Event(name=NAME), interproc.Event(name=NAME + "-answer")

    def open(self):
        return interproc.Event.open(NAME), interproc.Event.open(NAME + "-answer")

    def writer(self, events):
        question, answer = events
        rounds, waits = 0, []
        while rounds < COUNT or not stopped():
            journal[PAYLOAD] = rounds + 1
            if rounds % 500 == LATE_QUESTION:
                time.sleep(LATE)
            question.set()
            began = time.monotonic()
            answer.wait()
            if rounds % 500 == LATE_ANSWER:
                waits.append((time.monotonic() - began) * 1000)
            answer.clear()
            if stopped() and rounds >= COUNT:
                break
            if journal[PAYLOAD] != -(rounds + 1):
                raise ValueError(f"round {rounds}: no answer is there")
            rounds += 1
            journal[PROGRESS] = rounds
        return {"rounds": rounds, "waits": waits}

    def reader(self, events):
        question, answer = events
        rounds, waits = 0, []
        while rounds < COUNT or not stopped():
            began = time.monotonic()
            question.wait()
            if rounds % 500 == LATE_QUESTION:
                waits.append((time.monotonic() - began) * 1000)
            question.clear()
            if stopped() and rounds >= COUNT:
                break
            if journal[PAYLOAD] != rounds + 1:
                raise ValueError(f"round {rounds}: no question is there")
            journal[PAYLOAD] = -(rounds + 1)
            if rounds % 500 == LATE_ANSWER:
                time.sleep(LATE)
            answer.set()
            rounds += 1
            journal[PROGRESS] = rounds
        return {"rounds": rounds, "waits": waits}


kind = {"queue": Queue, "pipe": Pipe, "value": Value, "array": Array, "lock": Lock, "event": Event}[KIND]()
journal_array = interproc.Array.open(NAME + "-journal")
journal = journal_array.view
if not CREATES:
    told()
shared = kind.create() if CREATES else kind.open()
say({"ready": True})
told()
say(getattr(kind, ROLE, None)(shared) if hasattr(kind, ROLE) else kind.both(shared))
