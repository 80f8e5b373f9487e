"""The codec of the extension in C writes the bytes that the Python code writes, and believes none of those that it reads."""

import math
import random
import tracemalloc

import pytest

import interproc
from interproc import _accelerate, _codec

speed = _accelerate.speed
pytestmark = pytest.mark.skipif(speed is None, reason="the extension is not built (INTERPROC_EXTENSION=1 insists)")

NOTHING = object()
EDGES = [
    sign * (2**bits + off) for bits in (0, 4, 5, 7, 8, 15, 16, 31, 32, 53, 62, 63) for off in (-1, 0, 1) for sign in (1, -1)
]
TEXTS = ["", "id", "häß", "€", "😀" * 5, "\0", "x" * 15, "x" * 31, "x" * 32, "key of an object", "ü" * 16, "y" * 255, "y" * 70000]


def plain(chance, depth=3):
    """A random value of the types that the extension knows."""
    kind = chance.randrange(9 if depth else 6)
    if kind == 0:
        return chance.choice([None, True, False])
    if kind == 1:
        edge = chance.choice(EDGES)
        return edge if -(2**63) <= edge < 2**64 else 7
    if kind == 2:
        return chance.choice([0.0, -0.0, 1.5, math.inf, -math.inf, math.nan, 1e-320, chance.random()])
    if kind == 3:
        return chance.choice(TEXTS)
    if kind == 4:
        return "".join(chance.choices("abcdefgß", k=chance.randrange(40)))
    if kind == 5:
        return chance.randbytes(chance.choice([0, 1, 5, 255, 256, 65535, 65536]))
    count = chance.choice([0, 1, 2, 3, 3, 3, 15, 16])
    if kind == 6:
        return [plain(chance, depth - 1) for _ in range(count)]
    if kind == 7:
        return tuple(plain(chance, depth - 1) for _ in range(count))
    keys = (plain(chance, 0) for _ in range(count))
    return {key: plain(chance, depth - 1) for key in keys}


def test_plain_values_become_the_bytes_that_python_writes_and_come_back_as_it_reads_them():
    chance = random.Random(1)
    values = [plain(chance) for _ in range(1000)] + EDGES + TEXTS + [list(range(70000)), {n: n for n in range(70000)}]
    for value in values:
        expected = _codec._encode_own(value)[0]
        if isinstance(value, int) and not -(2**63) <= value < 2**64:
            assert speed.encode(value) is None
            continue
        assert speed.encode(value) == expected
        got = speed.decode(expected, NOTHING)
        assert repr(got) == repr(_codec._decode_own(expected))


class Number(int):
    pass


def test_what_is_not_plain_is_left_alone():
    looped = []
    looped.append(looped)
    deep = []
    for _ in range(100):
        deep = [deep]
    for value in [Number(3), 2**64, -(2**63) - 1, "\ud800", looped, deep, {1, 2}, object(), [1, {2: 3j}], {"a": {"b": Number(1)}}]:
        assert speed.encode(value) is None
    for value in [2**70, {1, 2}, deep, "\ud800", looped]:
        assert speed.decode(_codec._encode_own(value)[0], NOTHING) is NOTHING
    key_of_a_list = b"\x81\x91\x01\x02"
    assert speed.decode(key_of_a_list, NOTHING) is NOTHING
    assert _codec.decode_msgpack(key_of_a_list) == {(1,): 2}


def agree(data):
    """Whether the extension took the bytes. What it gives is what the Python code gives; it takes nothing that is refused there."""
    got = speed.decode(data, NOTHING)
    try:
        expected = _codec._decode_own(data)
    except interproc.SerializationError:
        assert got is NOTHING
        return False
    assert got is NOTHING or repr(got) == repr(expected)
    return got is not NOTHING


def mutated(chance, data):
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        how = chance.random()
        if data and how < 0.6:
            data[chance.randrange(len(data))] = chance.randrange(256)
        elif data and how < 0.8:
            del data[chance.randrange(len(data)) :]
        else:
            data.insert(chance.randint(0, len(data)), chance.randrange(256))
    return bytes(data)


def test_random_and_broken_bytes_are_read_as_python_reads_them_or_not_at_all():
    chance = random.Random(2)
    seeds = [speed.encode(plain(chance, 3)) for _ in range(300)]
    seeds = [seed for seed in seeds if len(seed) < 2000]
    taken = refused = 0
    for round in range(12000):
        data = chance.randbytes(chance.randrange(30)) if round % 4 == 0 else mutated(chance, chance.choice(seeds))
        if b"H" in data:
            continue  # a handle would attach
        if agree(data):
            taken += 1
        else:
            refused += 1
    assert taken > 1000 and refused > 1000


def test_every_message_that_is_cut_short_or_too_long_is_refused():
    whole = speed.encode({"id": 300, "list": [1.5, None, b"bytes", "text" * 100], "deep": {"er": [2**40, -70000]}})
    assert agree(whole)
    for length in range(len(whole)):
        assert not agree(whole[:length])
    assert not agree(whole + b"\x00")


def test_counts_that_promise_more_than_there_is_make_no_room_for_it():
    filler = b"\xc0" * 2**20
    tracemalloc.start()
    try:
        for head in (b"\xdd\xff\xff\xff\xff", b"\xdf\xff\xff\xff\xff", b"\xdf\x80\x00\x00\x00", b"\xdb\xff\xff\xff\xff", b"\xc6\xff\xff\xff\xff"):
            assert speed.decode(head + filler, NOTHING) is NOTHING
        # Each level promises as much as there is.
        assert speed.decode(b"\xdd\x00\x0f\xff\x00" * 60 + filler, NOTHING) is NOTHING
        assert speed.decode(b"\xdf\x00\x07\xff\x00" * 60 + filler, NOTHING) is NOTHING
        assert tracemalloc.get_traced_memory()[1] < 20 * 2**20
    finally:
        tracemalloc.stop()


def test_depth_is_bounded():
    for depth in (63, 64, 65, 150):
        data = b"\x91" * depth + b"\x90"
        value = _codec._decode_own(data)
        assert (speed.decode(data, NOTHING) is NOTHING) == (depth >= 64)
        assert (speed.encode(value) is None) == (depth >= 64)
    assert speed.decode(b"\x91" * 10**6, NOTHING) is NOTHING
    assert speed.decode(b"\x81\x01" * 10**6, NOTHING) is NOTHING
