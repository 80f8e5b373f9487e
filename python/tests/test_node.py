"""Python and Node.js on the same objects."""

import array
import datetime
import json
import math
import re
import signal

import pytest

import interproc


def test_values_cross_from_node_as_they_should(name, node):
    with interproc.Queue(name=name) as q:
        child = node(
            f"""
            const q = interproc.Queue.open({json.dumps(name)});
            const looped = {{ a: [1] }}; looped.self = looped;
            const sparse = [1]; sparse[3] = 4;
            for (const value of [null, undefined, true, 1, -5, 2 ** 40, 1.5, -0, NaN, 'text', '\\ud800', 2n ** 70n, 5n,
              Buffer.from('buf'), [1, [2]], sparse, {{ a: {{ b: 1 }} }}, new Map([['k', 1], [2, 3]]), new Map([[1, 2]]),
              new Set([1, 'x']), new Date(1700000000123), new Date(NaN), /a+b/gi, new Float64Array([1.5, 2]),
              new Uint8Array([1, 2]), new BigInt64Array([-1n]), new ArrayBuffer(2), new RangeError('far'), looped,
              Object('boxed'), Object.assign([1], {{ extra: 2 }})]) q.putSync(value);
            q.close();
            """
        )
        expected = [
            None, None, True, 1, -5, 2.0**40, 1.5, -0.0, None, "text", "\ud800", 2**70, 5, b"buf", [1, [2]],
            [1, None, None, 4], {"a": {"b": 1}}, {"k": 1, 2: 3}, {1: 2}, {1, "x"},
            datetime.datetime(2023, 11, 14, 22, 13, 20, 123000, datetime.timezone.utc), None, re.compile("a+b", re.I),
            array.array("d", [1.5, 2]), array.array("B", [1, 2]), array.array("q", [-1]), bytearray(2),
        ]  # fmt: skip
        for index, wanted in enumerate(expected):
            got = q.get(timeout=60)
            if index == 8:
                assert math.isnan(got)
            else:
                assert got == wanted and type(got) is type(wanted), index
        error = q.get(timeout=60)
        assert (error.name, error.args[0]) == ("RangeError", "far")
        looped = q.get(timeout=60)
        assert looped["self"] is looped
        assert q.get(timeout=60) == "boxed"
        assert q.get(timeout=60) == [1]
        assert child.wait() == 0


def test_values_cross_to_node_as_they_should(name, node):
    with interproc.Queue(name=name) as q:
        looped = {"a": 1}
        looped["self"] = looped
        values = [
            1, 2.5, 2**40, 2**70, "x", "\ud800", b"bytes", [1, None], {"k": [True]}, {1: 2}, {3, 4},
            datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc), array.array("f", [0.5]), re.compile("a", re.I),
            ValueError("bad"), looped,
        ]  # fmt: skip
        for value in values:
            q.put(value)
        child = node(
            f"""
            import {{ inspect }} from 'node:util';
            const q = interproc.Queue.open({json.dumps(name)});
            for (let i = 0; i < {len(values)}; i++) {{
              const value = q.getSync({{ timeout: 60000 }});
              say(value instanceof Error ? `${{value.name}}: ${{value.message}}` : inspect(value, {{ breakLength: Infinity }}));
            }}
            """
        )
        said = [child.said() for _ in values]
        assert said == [
            "1", "2.5", "1099511627776n", "1180591620717411303424n", "'x'", "'\\ud800'", "<Buffer 62 79 74 65 73>",
            "[ 1, null ]", "{ k: [ true ] }", "Map(1) { 1 => 2 }", "Set(2) { 3, 4 }", "2024-01-01T00:00:00.000Z",
            "Float32Array(1) [ 0.5 ]", "/a/i", "ValueError: bad", "<ref *1> { a: 1, self: [Circular *1] }",
        ]  # fmt: skip
        assert child.wait() == 0


def test_every_object_is_shared_with_node(name, node):
    objects = {
        "queue": interproc.Queue(), "joinable": interproc.JoinableQueue(), "priority": interproc.PriorityQueue(),
        "lock": interproc.Lock(), "rlock": interproc.RLock(), "semaphore": interproc.Semaphore(0),
        "event": interproc.Event(), "condition": interproc.Condition(interproc.Lock()), "value": interproc.Value("i", 5),
        "array": interproc.Array("d", [1, 2]), "barrier": interproc.Barrier(2), "done": interproc.Event(),
        "memory": interproc.SharedMemory(create=True, size=4),
    }  # fmt: skip
    mine, theirs = interproc.Pipe()
    carrier = interproc.Queue(name=name)
    child = node(
        f"""
        const q = interproc.Queue.open({json.dumps(name)});
        const o = q.getSync({{ timeout: 60000 }});
        o.queue.putSync('queued');
        o.joinable.getSync(); o.joinable.taskDone();
        say(o.priority.getSync());
        o.lock.acquireSync(); say(o.lock.locked()); o.lock.release();
        o.rlock.runSync(() => o.rlock.runSync(() => undefined));
        o.semaphore.release();
        o.event.waitSync();
        o.condition.acquireSync(); o.condition.notify(); o.condition.release();
        o.value.value += 1;
        o.array[0] = 9.5;
        o.memory.buf[0] = 77;
        o.end.sendSync({{ over: 'the pipe' }});
        say(o.end.recvSync());
        o.barrier.waitSync();
        o.done.setSync?.(); o.done.set();
        """
    )
    objects["joinable"].put(1)
    objects["priority"].put("second", priority=2)
    objects["priority"].put("first", priority=1)
    with objects["condition"]:
        carrier.put({**objects, "end": theirs})
        assert child.said() == "first"
        assert child.said() is True
        objects["event"].set()
        assert objects["condition"].wait(60)
    assert mine.recv(timeout=60) == {"over": "the pipe"}
    mine.send("back")
    assert child.said() == "back"
    objects["barrier"].wait(60)
    assert objects["done"].wait(60)
    assert objects["queue"].get(timeout=60) == "queued"
    objects["joinable"].join(timeout=60)
    assert objects["semaphore"].acquire(timeout=60)
    assert objects["value"].value == 6
    assert list(objects["array"]) == [9.5, 2.0]
    assert objects["memory"].buf[0] == 77
    assert child.wait() == 0
    for one in (*objects.values(), mine, carrier):
        one.close()


def test_what_node_made_is_opened_by_name(name, node):
    child = node(
        f"""
        const q = new interproc.Queue({{ name: {json.dumps(name)}, maxsize: 3 }});
        const struct = interproc.ctypes.struct({{ x: interproc.ctypes.c_int, y: interproc.ctypes.c_double }}, 'Point');
        const value = new interproc.Value(struct, {{ x: 1, y: 2.5 }}, {{ name: {json.dumps(name + '-v')} }});
        const barrier = new interproc.Barrier(1, {{ name: {json.dumps(name + '-b')}, timeout: 1500 }});
        say('made');
        say(await q.get());
        """
    )
    child.said()
    q = interproc.Queue.open(name)
    assert q.maxsize == 3
    value = interproc.Value.open(name + "-v")
    assert (value.value.x, value.value.y) == (1, 2.5)
    barrier = interproc.Barrier.open(name + "-b")
    assert barrier._timeout == 1.5
    q.put({"from": "python"})  # rings the doorbell of Node.js's event loop
    assert child.said() == {"from": "python"}
    assert child.wait() == 0
    for one in (q, value, barrier):
        one.close()


def test_a_killed_node_frees_its_lock_and_ends_its_pipe(name, node):
    lock = interproc.Lock(name=name)
    mine, theirs = interproc.Pipe()
    child = node(
        f"""
        const lock = interproc.Lock.open({json.dumps(name)});
        const end = interproc.attach({json.dumps(theirs.handle)});
        lock.acquireSync();
        say('held');
        setTimeout(() => undefined, 60000);
        """
    )
    theirs.send_away()
    child.said()
    child.process.send_signal(signal.SIGKILL)
    child.wait()
    assert lock.acquire(timeout=60)
    assert lock.abandoned
    lock.release()
    with pytest.raises(EOFError):
        mine.recv(timeout=60)
    lock.close()
    mine.close()
