"""The codec: with the ``msgpack`` package where that is there, and always the one of our own."""

import array
import datetime
import math
import random
import re

import pytest

from interproc import RemoteError, SerializationError
from interproc import _codec

PAIRS = [(_codec._encode_own, _codec._decode_own), (_codec.encode_msgpack, _codec.decode_msgpack)]
EVERY_WAY = [(encode, decode) for encode, _ in PAIRS for _, decode in PAIRS]


@pytest.fixture(params=range(len(EVERY_WAY)))
def there_and_back(request):
    encode, decode = EVERY_WAY[request.param]
    return lambda value: decode(encode(value)[0])


VALUES = [
    None, True, False, 0, 127, 128, -1, -32, -33, -129, 65535, 65536, 2**32 - 1, 2**32, -(2**31), -(2**31) - 1,
    2**63, -(2**63), 2**64, 2**64 - 1, -(2**64), 2**200, 0.5, -0.0, 1e300, math.inf, "", "ä€😀", "x" * 31, "x" * 32,
    "x" * 70000, b"", b"\x00\xff" * 200, [], [[]] * 3, list(range(70000)), {}, {"a": 1}, {1: "one", None: 2},
    {str(number): number for number in range(20)}, {1, 2, 3}, set(), array.array("d", [1.5, 2.5]), array.array("Q", [2**63]),
    datetime.datetime(2024, 2, 29, 12, 30, 15, 250000, datetime.timezone.utc),
    datetime.datetime(1900, 1, 1, tzinfo=datetime.timezone.utc), re.compile("a+b", re.I), "\ud800 alone",
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:40])
def test_values_arrive_equal(there_and_back, value):
    got = there_and_back(value)
    assert got == value
    assert type(got) is type(value)
    if isinstance(value, float):
        assert math.copysign(1, got) == math.copysign(1, value)


def test_not_a_number_stays_one(there_and_back):
    assert math.isnan(there_and_back(math.nan))


def test_cycles_keep_their_shape(there_and_back):
    looped = {"list": [1, 2, {"deep": b"bytes"}]}
    looped["list"].append(looped)
    looped["me"] = looped["list"]
    got = there_and_back(looped)
    assert got["list"][3] is got
    assert got["me"] == got["list"]


def test_numpy_travels_as_what_it_holds(there_and_back):
    numpy = pytest.importorskip("numpy")
    assert there_and_back(numpy.arange(5, dtype="int32")) == array.array("i", range(5))
    assert there_and_back(numpy.float64(2.5)) == 2.5
    assert there_and_back([numpy.int64(7)]) == [7]


def test_errors_arrive_as_errors(there_and_back):
    got = there_and_back(ValueError("wrong"))
    assert isinstance(got, RemoteError)
    assert (got.name, str(got)) == ("ValueError", "ValueError: wrong")


@pytest.mark.parametrize("value", [object(), lambda: None, [1, {2: 3j}], iter([])], ids=repr)
def test_what_cannot_travel_is_refused(there_and_back, value):
    with pytest.raises(SerializationError):
        there_and_back(value)


def test_depth_is_bounded():
    deep = []
    for _ in range(5000):
        deep = [deep]
    with pytest.raises(SerializationError):
        _codec.encode_msgpack(deep)
    with pytest.raises(SerializationError):
        _codec.decode_msgpack(b"\x91" * 100000 + b"\x01")


@pytest.mark.parametrize("decode", [_codec._decode_own, _codec.decode_msgpack])
def test_no_bytes_do_anything_but_decode_or_be_refused(decode):
    chance = random.Random(7)
    seeds = [_codec._encode_own(value)[0] for value in VALUES if len(repr(value)) < 500]
    for _ in range(3000):
        data = bytearray(chance.choice(seeds))
        for _ in range(chance.randint(1, 4)):
            if data and chance.random() < 0.7:
                data[chance.randrange(len(data))] = chance.randrange(256)
            elif data:
                del data[chance.randrange(len(data)) :]
            else:
                data.append(chance.randrange(256))
        if b"H" in data:
            continue  # a handle would attach
        try:
            decode(bytes(data))
        except SerializationError:
            pass
