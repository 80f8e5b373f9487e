"""The extension in C does what the Python code does: the same values and errors; it keeps nothing. Its codec: test_speed_codec.py."""

import gc
import itertools
import os
import queue
import subprocess
import sys
import threading
import tracemalloc
from pathlib import Path

import pytest

import interproc
from interproc import _accelerate, _codec

speed = _accelerate.speed
pytestmark = pytest.mark.skipif(speed is None, reason="the extension is not built (INTERPROC_EXTENSION=1 insists)")

NOTHING = object()


def outcome(method, *args, **more):
    try:
        return ("gives", method(*args, **more))
    except Exception as error:
        return (type(error), str(error))


LIMITS = [
    ((), {}), ((True,), {}), ((False,), {}), ((True, 0), {}), ((True, 0.5), {}), ((False, None), {}), ((True, -1), {}),
    ((), {"block": False}), ((), {"timeout": 0.01}), ((), {"timeout": None, "block": True}), ((), {"timeout": float("nan")}),
    ((True, "soon"), {}), ((), {"timeout": "soon"}), ((1, 2, 3), {}), ((True,), {"block": True}), ((), {"patience": 1}),
    ((), {"timeout": 10**400}), ((None, None), {}), ((), {"block": []}), ((), {"obj": 1}), ((), {"timeout": True}),
]  # fmt: skip


@pytest.mark.parametrize("args, more", LIMITS, ids=range(len(LIMITS)))
def test_arguments_are_taken_and_refused_as_in_python(args, more):
    with interproc.Queue() as q, interproc.SimpleQueue() as simple:
        ways = {
            "put": lambda method, q: outcome(method, q, "x", *args, **more),
            "put_nowait": lambda method, q: outcome(method, q, "x", *args, **more),
            "get": lambda method, q: (q.put("x"), outcome(method, q, *args, **more)),
            "get_nowait": lambda method, q: (q.put("x"), outcome(method, q, *args, **more)),
            "put_many": lambda method, q: outcome(method, q, [1, 2], *args, **more),
            "get_many": lambda method, q: (q.put("x"), outcome(method, q, 2, *args, **more)),
        }
        for name, way in ways.items():
            for cls, one in ((interproc.Queue, q), (interproc.SimpleQueue, simple)):
                method = getattr(cls, name, None)
                if method is None:
                    continue
                results = []
                for form in (method, method.__wrapped__):
                    results.append((way(form, one), one.qsize()))
                    while not one.empty():
                        one.get()
                assert results[0] == results[1], name


@pytest.mark.parametrize("args, more", LIMITS, ids=range(len(LIMITS)))
def test_pipes_and_locks_take_arguments_as_in_python(args, more):
    here, there = interproc.Pipe()
    with here, there:
        for name in ("send", "recv"):
            method = getattr(interproc.Connection, name)
            own = (here, "x") if name == "send" else (there,)
            results = []
            for form in (method, method.__wrapped__):
                here.send("first")
                results.append(outcome(form, *own, *args, **more))
                while there.poll():
                    there.recv()
            assert results[0] == results[1]
    lock = interproc.Lock()
    results = []
    for form in (interproc.Lock.acquire, interproc.Lock.acquire.__wrapped__):
        results.append((outcome(form, lock, *args, **more), lock.locked()))
        if lock.locked():
            lock.release()
    assert results[0] == results[1]
    lock.close()


def test_a_bad_call_is_an_error_and_no_crash():
    for method in (interproc.Queue.put, interproc.Queue.get, interproc.Queue.put_many, interproc.Queue.get_many):
        for args in ((), (None,), (None, 1), (object(), [1]), (1, 2, 3, 4, 5, 6)):
            with pytest.raises((TypeError, AttributeError)):
                method(*args)
    with interproc.Queue() as q:
        for most in (0, -1, 10**30, "many", None, 1.5):
            assert outcome(interproc.Queue.get_many, q, most, False) == outcome(interproc.Queue.get_many.__wrapped__, q, most, False)
    for arguments in ((), ("queue_put",), ("none such", len, ()), ("queue_put", len, [])):
        with pytest.raises((TypeError, ValueError)):
            speed.method(*arguments)
    with pytest.raises(KeyError):
        speed.use_library({}, None, None)


def test_a_method_looks_like_the_one_in_python():
    method = interproc.Queue.put
    assert method.__name__ == "put" and "Waits for room" in method.__doc__ and method.__module__ == "interproc._queue"
    with interproc.Queue() as q:
        put, get = q.put, q.get
        put(1)
        assert get() == 1

        class Louder(interproc.Queue):
            def put(self, obj, *args, **more):
                super().put(str(obj) + "!", *args, **more)

        with Louder() as louder:
            louder.put("hey")
            assert louder.get() == "hey!"


def test_put_many_goes_on_in_python_where_the_room_ends():
    with interproc.Queue(10) as q:
        with pytest.raises(queue.Full) as caught:
            q.put_many(list(range(25)), timeout=0.01)
        assert caught.value.args[0] == 10
        assert q.get_many(100) == list(range(10))
        taker = threading.Thread(target=lambda: got.extend(itertools.islice(q, 25)))
        got = []
        taker.start()
        q.put_many(tuple(range(25)), True, 30.0)
        taker.join()
        assert got == list(range(25))
        q.put_many(list(range(8)), block=False)
        with pytest.raises(queue.Full) as caught:
            q.put_many(list(range(8)), block=False)
        assert caught.value.args[0] == 2


def test_get_many_gives_what_python_gives_where_one_item_is_not_plain():
    with interproc.Queue() as q, interproc.Queue.open(q.name, codec="raw") as raw:
        items = [1, {"big": 2**80}, {3, 4}, "five"]
        q.put_many(items)
        assert q.get_many(10) == items
        # What was taken together with an error comes before what was put since.
        raw.put_many([b"\x01", b"\xc1", b"\x03", b"\x04"])
        assert q.get_many(10) == [1]
        q.put(5)
        with pytest.raises(interproc.SerializationError):
            q.get()
        assert [q.get_many(10), q.get_many(10), q.get_many(10)] == [[3], [4], [5]]
        raw.put_many([b"\x01", b"\xc1", b"\x03"])
        assert q.get_many(10) == [1]
        q.put(5)
        with pytest.raises(interproc.SerializationError):
            q.get()
        assert [q.get(), q.get()] == [3, 5]
        assert q.empty()


def test_an_end_that_is_not_readable_any_more_stays_so():
    here, there = interproc.Pipe()
    with here, there:
        here.send_bytes(b"much too long")
        here.send("next")
        with pytest.raises(OSError):
            there.recv_bytes(3)
        with pytest.raises(OSError):
            there.recv()


def test_any_codec_is_asked_for_what_it_knows():
    class Upper:
        def encode(self, value):
            return value.upper().encode()

        def decode(self, data):
            return data.decode()

    for codec, value, back in (("raw", b"bytes", b"bytes"), ("raw", bytearray(b"array"), b"array"), ("json", [1], [1]), (Upper(), "up", "UP")):
        with interproc.Queue(codec=codec) as q:
            q.put(value)
            q.put_many([value, value])
            assert [q.get(), *q.get_many(5)] == [back] * 3


class Finalized:
    """Garbage that uses the queue when it is collected."""

    def __init__(self, q, found):
        self.q, self.found, self.me = q, found, self

    def __del__(self):
        try:
            self.found.append(self.q.get_nowait())
            self.q.put(self.found[-1])
        except queue.Empty:
            pass


def test_a_garbage_collection_in_the_middle_spoils_nothing():
    before = gc.get_threshold()
    found = []
    with interproc.Queue(capacity=1 << 20) as q, interproc.Queue() as other:
        item = [[[number], {"text": ["a" * number]}] for number in range(30)]
        other.put({"inner": [["value"] * 50]})
        gc.set_threshold(1, 1, 1)
        try:
            for _ in range(200):
                Finalized(other, found)
                q.put(item)
                assert q.get() == item
                Finalized(other, found)
                q.put_many([item] * 3)
                assert q.get_many(3) == [item] * 3
        finally:
            gc.set_threshold(*before)
        gc.collect()
        assert len(found) > 10 and all(one == {"inner": [["value"] * 50]} for one in found)


@pytest.mark.parametrize("work", ["one", "many"])
def test_closing_ends_the_work_of_another_thread_with_the_same_error(work):
    for _ in range(20):
        q = interproc.Queue()
        begun, ended = threading.Event(), []

        def run():
            try:
                while True:
                    if work == "one":
                        q.put({"id": 1})
                        assert q.get(timeout=30) == {"id": 1}
                    else:
                        q.put_many([1, 2, 3])
                        assert q.get_many(3, True, 30)
                    begun.set()
            except Exception as error:
                ended.append(error)

        worker = threading.Thread(target=run)
        worker.start()
        assert begun.wait(30)
        q.close()
        worker.join(60)
        assert [type(error) for error in ended] == [interproc.ClosedError]


MESSAGES = {
    "none": None, "bool": True, "int": 1 << 40, "float": 1.5, "word": "word", "text": "text" * 20, "umlaut": "ü" * 10,
    "bytes": b"x" * 40, "list": [1000, 2.5, "three"], "dict": {"id": 1000, "v": 2.5, "s": "hello"}, "keys": {"k" * 30: 1, b"bytes": 2, 1.5: 3},
    "nested": [{"a": [{}]}] * 3,
    "beyond": 2**80, "set": {1, 2},
}  # fmt: skip


@pytest.mark.parametrize("message", MESSAGES.values(), ids=MESSAGES)
def test_nothing_is_kept_of_messages(message):
    rounds = 100_000 if speed.encode(message) is not None else 5_000
    broken = b"\x93\x01\xa3abc\xc1"
    here, there = interproc.Pipe()
    lock = interproc.Lock()
    with interproc.Queue() as q, interproc.Queue.open(q.name, codec="raw") as raw, here, there, interproc.Queue(1) as narrow:

        def run(times):
            for _ in range(times // 10):
                for _ in range(4):
                    q.put(message)
                    q.get()
                    here.send(message)
                    there.recv()
                q.put_many([message, message])
                q.get_many(2)
                assert speed.decode(broken, NOTHING) is NOTHING
                speed.encode([message, object()])
                lock.acquire()
                lock.release()
                with pytest.raises(queue.Full):
                    narrow.put_many([message, message], False)
                assert len(narrow.get_many(2)) == 1
            raw.put(broken)
            for failing in (q.get, q.get_nowait, lambda: q.put(object()), lambda: q.get_many(1, False)):
                with pytest.raises((interproc.SerializationError, queue.Empty)):
                    failing()

        run(2000)
        parts = message if isinstance(message, (list, dict)) else ()
        # Strings that are kept: to have one too many of them takes no memory.
        kept = speed.decode(speed.encode(["word", "three", "id", "hello"]), NOTHING)
        watched = [None, True, False, NOTHING, q, here, message, q._codec, *parts, *kept]
        gc.collect()
        tracemalloc.start()
        try:
            run(100)
            gc.collect()
            counts = [sys.getrefcount(one) for one in watched]
            memory = tracemalloc.get_traced_memory()[0]
            run(rounds)
            gc.collect()
            grown = tracemalloc.get_traced_memory()[0] - memory
        finally:
            tracemalloc.stop()
        assert max(abs(sys.getrefcount(one) - count) for one, count in zip(watched, counts)) < 20
        assert grown < 20_000
    lock.close()


# ---- Without it


@pytest.mark.parametrize(
    "before, environment",
    [
        ("", {"INTERPROC_EXTENSION": "0"}),
        ("", {"INTERPROC_PURE_PYTHON": "1"}),
        ("import types; sys.modules['interproc._speed'] = types.SimpleNamespace(INTERFACE=-1)", {}),
        ("sys.modules['interproc._speed'] = None", {}),
    ],
    ids=["told so", "pure Python", "of other sources", "not there"],
)
def test_the_package_is_whole_without_it(before, environment):
    script = (
        f"import sys; {before}\nimport interproc\nassert not interproc.accelerated\n"
        "q = interproc.Queue(); q.put([1]); q.put_many([2, 3]); print(q.get(), q.get_many(2))"
    )
    clean = {key: value for key, value in os.environ.items() if key != "INTERPROC_EXTENSION"}
    path = str(Path(interproc.__file__).parents[1])
    told = subprocess.run(
        [sys.executable, "-c", script], env={**clean, "PYTHONPATH": path, **environment}, capture_output=True, text=True
    )
    assert told.stdout == "[1] [2, 3]\n", told.stderr
