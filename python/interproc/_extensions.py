"""What MessagePack lacks and the Node.js side sends as extensions (lib/codec/format.ts), as Python values.

``encode_special`` gives an extension's type and payload for a Python value; ``decode_special`` is the reverse for those
whose payload holds no nested value. Both are shared by the ``msgpack`` package and by the codec of our own.
"""

from __future__ import annotations

import array
import datetime
import re
import struct
from typing import Any, Callable, Optional

from ._errors import SerializationError

UNDEFINED, ARRAY_WITH_PROPERTIES, BIGINT, INVALID_DATE, ERROR, HANDLE = 0, 0x41, 0x42, 0x44, 0x45, 0x48
HAS_POINTERS, MAP, BOXED, POINTER, REGEXP, SET, UTF16, HOLES, BINARY, TIMESTAMP = (
    0x49, 0x4D, 0x4F, 0x50, 0x52, 0x53, 0x55, 0x56, 0x74, 0xFF,
)

MAX_DEPTH = 1000
POINTERS_HEADER = b"\x92\xd4" + bytes([HAS_POINTERS]) + b"\x00"

# The code of a typed array in extension `t`, and the typecode that it has in Python.
_TYPECODES = {
    0: "b", 1: "B", 2: "B", 3: "h", 4: "H", 5: "i", 6: "I", 7: "f", 8: "d", 9: "q", 10: "Q",
}
_BINARY_CODES = {"b": 0, "B": 1, "h": 3, "H": 4, "i": 5, "I": 6, "f": 7, "d": 8, "q": 9, "Q": 10}
_ARRAY_BUFFER, _DATA_VIEW, _FLOAT16 = 16, 17, 18

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.timezone.utc)
_FLAGS = ((re.IGNORECASE, "i"), (re.MULTILINE, "m"), (re.DOTALL, "s"))


class RemoteError(Exception):
    """An error that came in a message. ``name`` is its class there, ``properties`` what else it carried."""

    def __init__(self, name: str, message: str, properties: Optional[dict] = None) -> None:
        super().__init__(message)
        self.name = name
        self.properties = properties or {}

    def __str__(self) -> str:
        return f"{self.name}: {self.args[0]}"


class NeedsOwnDecoder(Exception):
    """A message that the ``msgpack`` package cannot give as it was meant."""


# ---- To bytes


def pack_timestamp(value: datetime.datetime) -> bytes:
    if value.tzinfo is None:
        value = value.astimezone()  # naive times are local ones, as everywhere in Python
    since = value - _EPOCH
    seconds = since.days * 86400 + since.seconds
    nanoseconds = since.microseconds * 1000
    if nanoseconds == 0 and 0 <= seconds <= 0xFFFFFFFF:
        return struct.pack(">I", seconds)
    if 0 <= seconds < 1 << 34:
        return struct.pack(">Q", nanoseconds << 34 | seconds)
    return struct.pack(">Iq", nanoseconds, seconds)


def pack_integer(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1, "big", signed=True)


def pack_typed(view: memoryview) -> bytes:
    """A one-dimensional buffer of numbers as extension `t`."""
    code = view.format.lstrip("@=<") if view.format else "B"
    if code in ("l", "L"):
        code = {4: "i", 8: "q"}[view.itemsize] if code == "l" else {4: "I", 8: "Q"}[view.itemsize]
    if code == "e":
        return bytes([_FLOAT16]) + view.tobytes()
    if code not in _BINARY_CODES or view.ndim != 1:
        raise SerializationError(f"A buffer of format {view.format!r} and {view.ndim} dimensions cannot be serialized")
    return bytes([_BINARY_CODES[code]]) + view.tobytes()


def _pack_map(properties: dict, pack: Callable[[Any], bytes]) -> bytes:
    """Properties of an error, which are no object of their own: they get no number."""
    parts = [pack(part) for item in properties.items() for part in item]
    return struct.pack(">BI", 0xDF, len(properties)) + b"".join(parts)


def as_extension(value: Any, pack: Callable[[Any], bytes], objects: list) -> Optional[tuple[int, bytes]]:
    """The extension that stands for a value which MessagePack has no form for; None where there is none."""
    from ._object import Shared

    if isinstance(value, Shared):
        objects.append(value)
        return HANDLE, value._handle_text().encode()
    if isinstance(value, datetime.datetime):
        return TIMESTAMP, pack_timestamp(value)
    if isinstance(value, (set, frozenset)):
        return SET, struct.pack(">BI", 0xDD, len(value)) + b"".join(pack(member) for member in value)
    if isinstance(value, array.array) and value.typecode != "u":
        return BINARY, pack_typed(memoryview(value))
    if isinstance(value, memoryview):
        return BINARY, pack_typed(value)
    if isinstance(value, re.Pattern):
        if not isinstance(value.pattern, str):
            return None
        flags = "".join(letter for flag, letter in _FLAGS if value.flags & flag)
        return REGEXP, b"\x92" + pack(value.pattern) + pack(flags)
    if isinstance(value, RemoteError):
        hidden = {"message": value.args[0], "name": value.name}
        return ERROR, b"\x93" + pack("Error") + _pack_map(hidden, pack) + _pack_map(value.properties, pack)
    if isinstance(value, BaseException):
        hidden = {"name": type(value).__name__, "message": str(value)}
        return ERROR, b"\x93" + pack("Error") + _pack_map(hidden, pack) + _pack_map({}, pack)
    return None


def plain(value: Any) -> Any:
    """A value of another library as one that can be written: NumPy's scalars and arrays. The value itself where not."""
    if type(value).__module__ == "numpy":
        if hasattr(value, "ndim") and value.ndim == 1 and hasattr(value, "dtype"):
            import numpy

            return memoryview(numpy.ascontiguousarray(value))
        if hasattr(value, "ndim") and value.ndim == 0:
            return value.item()
    return value


# ---- From bytes


def unpack_timestamp(payload: bytes) -> datetime.datetime:
    if len(payload) == 4:
        nanoseconds, seconds = 0, struct.unpack(">I", payload)[0]
    elif len(payload) == 8:
        (both,) = struct.unpack(">Q", payload)
        nanoseconds, seconds = both >> 34, both & 0x3FFFFFFFF
    elif len(payload) == 12:
        nanoseconds, seconds = struct.unpack(">Iq", payload)
    else:
        raise SerializationError("A timestamp has a wrong length")
    try:
        return _EPOCH + datetime.timedelta(seconds=seconds, microseconds=nanoseconds // 1000)
    except OverflowError as error:
        raise SerializationError("A date is beyond the years that Python has") from error


def unpack_binary(payload: bytes) -> Any:
    if not payload:
        raise SerializationError("A typed array has no type")
    code, content = payload[0], payload[1:]
    if code in (_ARRAY_BUFFER, _DATA_VIEW):
        return bytearray(content)
    if code == _FLOAT16:
        return memoryview(content).cast("e") if len(content) % 2 == 0 else _odd()
    typecode = _TYPECODES.get(code)
    if typecode is None:
        raise SerializationError(f"A typed array of the unknown type {code}")
    result = array.array(typecode)
    if len(content) % result.itemsize:
        _odd()
    result.frombytes(content)
    return result


def _odd() -> Any:
    raise SerializationError("The bytes of a typed array end within an element")


def unpack_handle(payload: bytes) -> Any:
    from ._attach import attach
    import json

    try:
        handle = json.loads(payload)
    except ValueError as error:
        raise SerializationError("A handle is no JSON") from error
    return attach(handle)


def make_pattern(source: str, flags: str) -> Any:
    """A pattern; where Python has no such syntax, the text that JavaScript would show."""
    bits = 0
    for flag, letter in _FLAGS:
        if letter in flags:
            bits |= flag
    try:
        return re.compile(source, bits)
    except re.error:
        return f"/{source}/{flags}"


def make_error(parts: Any) -> RemoteError:
    if not (isinstance(parts, list) and len(parts) == 3 and isinstance(parts[1], dict) and isinstance(parts[2], dict)):
        raise SerializationError("An error has not three parts")
    base, hidden, enumerable = parts
    properties = {**hidden, **enumerable}
    name = properties.pop("name", base)
    return RemoteError(str(name), str(properties.pop("message", "")), properties)


def hashable(value: Any) -> Any:
    """A value as a key of a dict or a member of a set: lists are tuples there."""
    if isinstance(value, list):
        return tuple(hashable(part) for part in value)
    if isinstance(value, (bytearray, array.array)):
        return bytes(value)
    if isinstance(value, set):
        return frozenset(value)
    if isinstance(value, dict):
        return tuple((key, hashable(part)) for key, part in value.items())
    return value


def read_simple(kind: int, payload: bytes) -> Any:
    """The value of an extension without nested values. KeyError for one that has some, or is unknown."""
    return _simple[kind](payload)


_simple: dict[int, Callable[[bytes], Any]] = {
    UNDEFINED: lambda payload: None,
    INVALID_DATE: lambda payload: None,
    BIGINT: lambda payload: int.from_bytes(payload, "big", signed=True),
    UTF16: lambda payload: payload.decode("utf-16-le", "surrogatepass"),
    BINARY: unpack_binary,
    TIMESTAMP: unpack_timestamp,
    HANDLE: unpack_handle,
}
