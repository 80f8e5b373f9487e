"""Names at every entry: what would leave the namespace is refused, and nothing comes into being."""

import ctypes
import os

import pytest

import interproc

#: What no object's name may be.
ESCAPES = ["../x", "x/../../../tmp/x", "/tmp/x", "a/b", "a/", "a\0b", ".", "..", ""]
#: What only bare memory may be called.
STRANGE = ["n" * 201, "naïve", "a b", "a\n", "\ud800"]

NAMED = {
    "Queue": lambda name: interproc.Queue(name=name),
    "Queue.open": lambda name: interproc.Queue.open(name),
    "Queue.open_or_create": lambda name: interproc.Queue.open_or_create(name),
    "JoinableQueue": lambda name: interproc.JoinableQueue(name=name),
    "JoinableQueue.open": lambda name: interproc.JoinableQueue.open(name),
    "SimpleQueue": lambda name: interproc.SimpleQueue(name=name),
    "SimpleQueue.open": lambda name: interproc.SimpleQueue.open(name),
    "PriorityQueue": lambda name: interproc.PriorityQueue(name=name),
    "PriorityQueue.open": lambda name: interproc.PriorityQueue.open(name),
    "Pipe": lambda name: interproc.Pipe(name=name),
    "Value": lambda name: interproc.Value("i", 1, name=name),
    "Value.open": lambda name: interproc.Value.open(name),
    "Array": lambda name: interproc.Array("i", [1], name=name),
    "Array.open": lambda name: interproc.Array.open(name),
    "Lock": lambda name: interproc.Lock(name=name),
    "Lock.open": lambda name: interproc.Lock.open(name),
    "Lock.open_or_create": lambda name: interproc.Lock.open_or_create(name),
    "RLock": lambda name: interproc.RLock(name=name),
    "RLock.open": lambda name: interproc.RLock.open(name),
    "Semaphore": lambda name: interproc.Semaphore(1, name=name),
    "Semaphore.open": lambda name: interproc.Semaphore.open(name),
    "BoundedSemaphore": lambda name: interproc.BoundedSemaphore(1, name=name),
    "BoundedSemaphore.open": lambda name: interproc.BoundedSemaphore.open(name),
    "Condition": lambda name: interproc.Condition(name=name),
    "Condition.open": lambda name: interproc.Condition.open(name),
    "Event": lambda name: interproc.Event(name=name),
    "Event.open": lambda name: interproc.Event.open(name),
    "Barrier": lambda name: interproc.Barrier(1, name=name),
    "Barrier.open": lambda name: interproc.Barrier.open(name),
    **{
        f"attach to a {kind}": lambda name, kind=kind: interproc.attach(
            {"interproc": 1, "kind": kind, "name": name, "end": 1}
        )
        for kind in ("queue", "connection", "value", "array", "lock", "semaphore", "condition", "event", "barrier")
    },
}
BARE = {
    "SharedMemory": lambda name: interproc.SharedMemory(name),
    "SharedMemory, created": lambda name: interproc.SharedMemory(name, create=True, size=1),
    "attach to a memory": lambda name: interproc.attach({"interproc": 1, "kind": "memory", "name": name}),
}


def traces(name):
    """What exists of all that such a name, or a part of it, could stand for."""
    parts = {part for part in (name, *name.replace("\0", "/").split("/")) if "\0" not in part and "\ud800" not in part}
    folders = ("/dev/shm/interproc.", "/dev/shm/sem.", "/dev/shm/", "/dev/", "/tmp/", "/")
    return {folder + part for folder in folders for part in parts if os.path.lexists(folder + part)}


def refused(act, names):
    for name in names:
        before = traces(name)
        with pytest.raises(ValueError):
            act(name)
        assert traces(name) == before, name


@pytest.mark.parametrize("entry", [*NAMED, *BARE])
def test_a_name_that_would_leave_the_namespace_is_refused(entry):
    refused({**NAMED, **BARE}[entry], ESCAPES)


@pytest.mark.parametrize("entry", NAMED)
def test_what_is_no_name_of_an_object_is_refused(entry):
    refused(NAMED[entry], STRANGE)


@pytest.mark.parametrize("entry", BARE)
def test_what_is_no_name_of_a_file_is_refused(entry):
    refused(BARE[entry], ["n" * 256, "ü" * 128, "\ud800"])


@pytest.mark.parametrize("entry", NAMED)
def test_a_name_is_text(entry):
    for name in (5, b"bytes", ctypes.c_char_p(b"x")):
        with pytest.raises((TypeError, ValueError)):
            NAMED[entry](name)
