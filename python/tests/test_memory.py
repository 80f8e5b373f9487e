import ctypes
import gc
import json
import multiprocessing.shared_memory
import os
from contextlib import closing

import pytest

import interproc


def test_a_value_holds_what_its_type_can(name):
    value = interproc.Value("i", 41, name=name)
    value.value += 1
    assert value.value == 42
    with pytest.raises(OverflowError):
        value.value = 2**31
    with value:
        pass
    value.close()
    with pytest.raises(interproc.ClosedError):
        value.value


def test_a_struct_is_a_value(name):
    class Point(ctypes.Structure):
        _fields_ = [("x", ctypes.c_int), ("y", ctypes.c_double)]

    value = interproc.Value(Point, 1, 2.5, name=name)
    value.value.x = 7
    again = interproc.Value.open(name, Point)
    assert (again.value.x, again.value.y) == (7, 2.5)
    again.close()
    value.close()


def test_an_array_is_one_memory_for_all(name):
    array = interproc.Array("d", [1.5, 2.5, 3.5], name=name)
    same = interproc.Array.open(name)
    same[1] = 9.0
    assert list(array) == [1.5, 9.0, 3.5]
    array[0:2] = [4, 5]
    assert same[0:2] == [4.0, 5.0]
    assert len(array) == 3
    array.view[2] = 0.25
    assert same[2] == 0.25
    with pytest.raises(IndexError):
        array[3]
    same.close()
    array.close()


def test_numpy_sees_the_memory_and_outlives_the_array(name):
    numpy = pytest.importorskip("numpy")
    array = interproc.Array("i", 4, name=name)
    seen = array.numpy()
    seen += 5
    assert list(array) == [5, 5, 5, 5]
    assert numpy.frombuffer(array.view, "int32")[0] == 5
    array.close()
    gc.collect()
    seen[0] = 6
    assert seen.tolist() == [6, 5, 5, 5]


def test_another_type_or_size_is_refused_before_anything_is_touched(name):
    array = interproc.Array("i", 4, name=name)
    for wrong in ({"typecode_or_type": "d"}, {"length": 5}):
        with pytest.raises(interproc.OptionsMismatchError):
            interproc.Array.open(name, **wrong)
    with pytest.raises(interproc.LayoutMismatchError):
        interproc.Value.open(name)
    assert list(array) == [0, 0, 0, 0]
    array.close()


def test_text_of_a_c_array(name):
    array = interproc.Array("c", b"hello", name=name)
    array.value = b"hi"
    assert (array.value, array.raw) == (b"hi", b"hi\0lo")
    array.close()


def test_an_array_may_have_the_lock_of_another(name):
    lock = interproc.RLock()
    array = interproc.Array("i", 1, lock=lock, name=name)
    with array:
        assert lock.locked()
        with array:
            pass
    array.close()
    lock.close()
    bare = interproc.RawArray("i", 1, name=name)
    with pytest.raises(interproc.InterprocError):
        bare.get_lock()
    with pytest.raises(interproc.InterprocError):
        bare.acquire()
    bare.close()


def test_bare_memory_is_what_multiprocessing_opens(name):
    memory = interproc.SharedMemory(name, create=True, size=10)
    memory.buf[:5] = b"hello"
    theirs = multiprocessing.shared_memory.SharedMemory(name)
    from multiprocessing import resource_tracker

    resource_tracker.unregister(theirs._name, "shared_memory")
    assert bytes(theirs.buf[:5]) == b"hello"
    theirs.close()
    view = memory.buf
    memory.close()
    assert bytes(view[:5]) == b"hello"
    with pytest.raises(interproc.ClosedError):
        memory.buf
    assert not os.path.exists(f"/dev/shm/{name}")


@pytest.mark.parametrize(
    "at, change, expected",
    [
        (0, b"nonsense", interproc.ForeignSegmentError),
        (8, b"\x00", interproc.OlderLayoutError),
        (8, b"\x63", interproc.NewerLayoutError),
        (19, b"\x80", interproc.NewerLayoutError),  # a feature that has to be known
        (24, b"\x01\x02\x03\x04", interproc.LayoutMismatchError),  # the other byte order
        (28, b"\x01", interproc.CorruptSegmentError),
        (4096, None, interproc.CorruptSegmentError),  # cut off there
    ],
)
def test_what_is_damaged_has_its_own_exception(name, at, change, expected):
    array = interproc.Array("i", 100, name=name, persist=True)
    path = f"/dev/shm/interproc.{name}"
    array.close()
    with open(path, "r+b") as file:
        if change is None:
            file.truncate(at)
        else:
            file.seek(at)
            file.write(change)
    with open(path, "rb") as file:
        before = file.read()
    with pytest.raises(interproc.InterprocError) as raised:
        interproc.Array.open(name)
    assert raised.type is expected
    with open(path, "rb") as file:
        assert file.read() == before
    os.unlink(path)


def test_a_typecode_is_written_as_it_was_given(name, node):
    value = interproc.Value("q", 5, name=name)
    child = node(f"const value = interproc.Value.openOrCreate({json.dumps(name)}, 'q'); say(String(value.value));")
    assert child.said() == "5"
    assert child.wait() == 0
    interproc.Value.open(name, "l").close()  # the same type, by its other name
    value.close()


@pytest.mark.parametrize("written, asked, foreign", [("l", "q", "Q"), ("q", "l", "L"), ("L", "Q", "q"), ("Q", "L", "l")])
def test_two_names_for_one_type_are_one_type_here_and_in_node(name, node, written, asked, foreign):
    def both(what):
        return node(
            f"const name = {json.dumps(name)}; {what}"
            f"const value = interproc.Value.openOrCreate(name, '{asked}');"
            f"const array = interproc.SharedArray.openOrCreate(name + '-array', '{asked}', 2);"
            f"let refused; try {{ interproc.Value.openOrCreate(name, '{foreign}'); }} catch (error) {{ refused = error.code; }}"
            "say([String(value.value), String(array[1]), refused]); process.stdin.once('data', () => process.exit());"
        )

    # Written here, opened there.
    with closing(interproc.Value(written, 5, name=name)), closing(interproc.Array(written, [1, 2], name=name + "-array")):
        child = both("")
        assert child.said() == ["5", "2", "ERR_OPTIONS_MISMATCH"]
        child.go()
        assert child.wait() == 0
    # And the other way round.
    child = both(
        f"const kept = [new interproc.Value('{written}', 7n, {{ name }}),"
        f" new interproc.SharedArray('{written}', [8n, 9n], {{ name: name + '-array' }})];"
    )
    assert child.said() == ["7", "9", "ERR_OPTIONS_MISMATCH"]
    with closing(interproc.Value.open(name, asked)) as value, closing(interproc.Array.open(name + "-array", asked, 2)) as array:
        assert (value.value, list(array)) == (7, [8, 9])
        with pytest.raises(interproc.OptionsMismatchError):
            interproc.Value.open(name, foreign)
    child.go()
    assert child.wait() == 0


def test_another_type_or_length_is_refused_before_anything_is_touched(name):
    with interproc.Array("d", [1.5, 2.5], name=name) as array:
        for wanted in (("f",), ("q", 2), ("d", 3)):
            with pytest.raises(interproc.OptionsMismatchError):
                interproc.Array.open(name, *wanted)
        with pytest.raises(interproc.LayoutMismatchError):
            interproc.Value.open(name)
        assert list(array) == [1.5, 2.5]


def test_atomic_operations_give_what_was_there_and_refuse_what_does_not_fit():
    value = interproc.Value("b", 5)
    assert [value.add(3), value.sub(10), value.exchange(0b1100), value.and_(0b0110), value.or_(1), value.xor(0b0101)] == [
        5, 8, -2, 0b1100, 0b0100, 0b0101,
    ]  # fmt: skip
    assert value.value == 0
    assert [value.compare_exchange(1, 9), value.compare_exchange(0, 9), value.value] == [0, 0, 9]
    for wrong in (lambda: value.add(120), lambda: value.exchange(-129), lambda: value.compare_exchange(9, 200)):
        with pytest.raises(OverflowError):
            wrong()
    assert value.value == 9
    real = interproc.Value("d", 0.5)
    assert (real.add(1), real.value) == (0.5, 1.5)
    with pytest.raises(TypeError):
        real.or_(1)
    with pytest.raises(TypeError):
        interproc.Value("c", b"x").exchange(b"y")
    value.close()
    with pytest.raises(interproc.ClosedError):
        value.add(1)


def test_atomic_additions_of_processes_lose_nothing(name, python, node):
    value = interproc.Value("q", 0, lock=False, name=name)
    text = f"v = interproc.Value.open({name!r})\nfor _ in range(20000): v.add(1)\nsay('done')"
    children = [python(text), python(text)]
    script = f"const v = interproc.Value.open({json.dumps(name)}); for (let i = 0; i < 20000; i++) v.add(1n); say('done');"
    children.append(node(script))
    for child in children:
        assert child.said() == "done"
        assert child.wait() == 0
    assert value.value == 60000
    value.close()
