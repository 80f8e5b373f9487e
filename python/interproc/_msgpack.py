"""MessagePack with the extensions of the Node.js side, in plain Python. Knows cycles and runs of holes, which the
``msgpack`` package does not; that one is used where it is importable and suffices (_codec.py)."""

from __future__ import annotations

import struct
from typing import Any, Optional

from . import _extensions as x
from ._errors import SerializationError


class Encoder:
    """Writes one message."""

    def __init__(self) -> None:
        self.parts: list[bytes] = []
        self.objects: list = []
        self._open: dict[int, int] = {}  # containers that are being written, by id: their number
        self._count = 0
        self._pointers = False

    def encode(self, value: Any) -> bytes:
        self._write(value, 0)
        body = b"".join(self.parts)
        return x.POINTERS_HEADER + body if self._pointers else body

    def _write(self, value: Any, depth: int) -> None:
        if depth > x.MAX_DEPTH:
            raise SerializationError("A value nested this deeply cannot be serialized")
        put = self.parts.append
        if value is None:
            put(b"\xc0")
        elif value is True:
            put(b"\xc3")
        elif value is False:
            put(b"\xc2")
        elif isinstance(value, int):
            self._integer(int(value))
        elif isinstance(value, float):
            put(struct.pack(">Bd", 0xCB, value))
        elif isinstance(value, str):
            self._text(value)
        elif isinstance(value, (bytes, bytearray)) or (
            isinstance(value, memoryview) and value.format in ("B", "c") and value.contiguous
        ):
            self._count += 1
            put(_header(len(value), 0xC4, 0xC5, 0xC6) + bytes(value))
        elif isinstance(value, (list, tuple)):
            self._container(value, depth)
        elif isinstance(value, dict):
            self._container(value, depth)
        else:
            self._special(value, depth)

    def _container(self, value: Any, depth: int) -> None:
        number = self._open.get(id(value))
        if number is not None:
            self._pointers = True
            self.parts.append(struct.pack(">BBI", 0xD6, x.POINTER, number))
            return
        self._open[id(value)] = self._count
        self._count += 1
        if isinstance(value, dict):
            self.parts.append(_count_header(len(value), 0x80, 0xDE))
            for key, part in value.items():
                self._write(key, depth + 1)
                self._write(part, depth + 1)
        else:
            self.parts.append(_count_header(len(value), 0x90, 0xDC))
            for part in value:
                self._write(part, depth + 1)
        del self._open[id(value)]

    def _special(self, value: Any, depth: int) -> None:
        known = x.plain(value)
        if known is not value:
            self._write(known, depth)
            return
        self._count += 1

        def pack(part: Any) -> bytes:
            outside = self.parts
            self.parts = []
            try:
                self._write(part, depth + 1)
                return b"".join(self.parts)
            finally:
                self.parts = outside

        found = x.as_extension(value, pack, self.objects)
        if found is None:
            raise SerializationError(f"A value of type {type(value).__name__} cannot be serialized")
        self._extension(*found)

    def _extension(self, kind: int, payload: bytes) -> None:
        fixed = {1: 0xD4, 2: 0xD5, 4: 0xD6, 8: 0xD7, 16: 0xD8}.get(len(payload))
        header = bytes([fixed]) if fixed is not None else _header(len(payload), 0xC7, 0xC8, 0xC9)
        self.parts.append(header + bytes([kind]) + payload)

    def _integer(self, value: int) -> None:
        put = self.parts.append
        if 0 <= value < 0x80 or -0x20 <= value < 0:
            put(struct.pack(">B", value & 0xFF))
        elif 0 <= value <= 0xFF:
            put(struct.pack(">BB", 0xCC, value))
        elif 0 <= value <= 0xFFFF:
            put(struct.pack(">BH", 0xCD, value))
        elif 0 <= value <= 0xFFFFFFFF:
            put(struct.pack(">BI", 0xCE, value))
        elif 0 <= value < 1 << 64:
            put(struct.pack(">BQ", 0xCF, value))
        elif -0x80 <= value < 0:
            put(struct.pack(">Bb", 0xD0, value))
        elif -0x8000 <= value < 0:
            put(struct.pack(">Bh", 0xD1, value))
        elif -0x80000000 <= value < 0:
            put(struct.pack(">Bi", 0xD2, value))
        elif -(1 << 63) <= value < 0:
            put(struct.pack(">Bq", 0xD3, value))
        else:
            self._extension(x.BIGINT, x.pack_integer(value))

    def _text(self, value: str) -> None:
        try:
            text = value.encode()
        except UnicodeEncodeError:
            self._extension(x.UTF16, value.encode("utf-16-le", "surrogatepass"))
            return
        header = bytes([0xA0 | len(text)]) if len(text) < 32 else _header(len(text), 0xD9, 0xDA, 0xDB)
        self.parts.append(header + text)


def _header(length: int, one: int, two: int, four: int) -> bytes:
    if length <= 0xFF:
        return struct.pack(">BB", one, length)
    if length <= 0xFFFF:
        return struct.pack(">BH", two, length)
    if length <= 0xFFFFFFFF:
        return struct.pack(">BI", four, length)
    raise SerializationError("A part of more than 4 GiB cannot be serialized")


def _count_header(count: int, fixed: int, two: int) -> bytes:
    if count < 16:
        return bytes([fixed | count])
    return struct.pack(">BH", two, count) if count <= 0xFFFF else struct.pack(">BI", two + 1, count)


_NUMBERS = {
    0xCA: ">f", 0xCB: ">d", 0xCC: ">B", 0xCD: ">H", 0xCE: ">I", 0xCF: ">Q",
    0xD0: ">b", 0xD1: ">h", 0xD2: ">i", 0xD3: ">q",
}  # fmt: skip
_FIXED_EXTENSIONS = {0xD4: 1, 0xD5: 2, 0xD6: 4, 0xD7: 8, 0xD8: 16}


class Decoder:
    """Reads one message; every length in it is checked against its end before it is used."""

    def __init__(self, data: Any) -> None:
        self._data = bytes(data)
        self._at = 0
        self._depth = 0
        self._objects: Optional[list] = None

    def decode(self) -> Any:
        if self._data.startswith(x.POINTERS_HEADER):
            self._objects = []
            self._at = len(x.POINTERS_HEADER)
        value = self._read()
        if self._at != len(self._data):
            raise SerializationError("The bytes are no MessagePack message: their length is wrong")
        return value

    def _take(self, count: int) -> bytes:
        end = self._at + count
        if end > len(self._data):
            raise SerializationError("The bytes are no MessagePack message: it ends too early")
        taken = self._data[self._at : end]
        self._at = end
        return taken

    def _unsigned(self, width: int) -> int:
        return int.from_bytes(self._take(width), "big")

    # Objects have numbers in the order met, in messages with pointers.
    def _reserve(self, value: Any = None) -> int:
        if self._objects is None:
            return -1
        self._objects.append(value)
        return len(self._objects) - 1

    def _fill(self, number: int, value: Any) -> Any:
        if self._objects is not None:
            self._objects[number] = value
        return value

    def _read(self) -> Any:
        token = self._take(1)[0]
        if token < 0x80:
            return token
        if token >= 0xE0:
            return token - 0x100
        if token < 0x90:
            return self._map(token - 0x80)
        if token < 0xA0:
            return self._array(token - 0x90)
        if token < 0xC0:
            return self._text(token - 0xA0)
        if token == 0xC0:
            return None
        if token in (0xC2, 0xC3):
            return token == 0xC3
        if token in _NUMBERS:
            form = _NUMBERS[token]
            return struct.unpack(form, self._take(struct.calcsize(form)))[0]
        if token in (0xC4, 0xC5, 0xC6):
            content = self._take(self._unsigned(1 << (token - 0xC4)))
            self._reserve(content)
            return content
        if token in _FIXED_EXTENSIONS:
            return self._extension(_FIXED_EXTENSIONS[token])
        if token in (0xC7, 0xC8, 0xC9):
            return self._extension(self._unsigned(1 << (token - 0xC7)))
        if token in (0xD9, 0xDA, 0xDB):
            return self._text(self._unsigned(1 << (token - 0xD9)))
        if token in (0xDC, 0xDD):
            return self._array(self._unsigned(2 if token == 0xDC else 4))
        if token in (0xDE, 0xDF):
            return self._map(self._unsigned(2 if token == 0xDE else 4))
        raise SerializationError("The bytes are no MessagePack message: it has an unknown token")

    def _text(self, length: int) -> str:
        try:
            return self._take(length).decode()
        except UnicodeDecodeError as error:
            raise SerializationError("A string is no UTF-8") from error

    def _enter(self, parts: int) -> None:
        self._depth += 1
        if self._depth > x.MAX_DEPTH:
            raise SerializationError("The bytes are no MessagePack message: it is nested too deeply")
        if parts > len(self._data) - self._at:
            raise SerializationError("The bytes are no MessagePack message: it ends too early")

    def _array(self, length: int) -> list:
        result: list = []
        self._reserve(result)
        self._enter(length)
        for _ in range(length):
            if self._data[self._at : self._at + 2] == bytes([0xD6, x.HOLES]):
                self._at += 2
                run = self._unsigned(4)
                if run > 1 << 24:
                    raise SerializationError("An array has more holes than Python should make room for")
                result.extend([None] * run)
            else:
                result.append(self._read())
        self._depth -= 1
        return result

    def _map(self, length: int, into: Optional[dict] = None) -> dict:
        result: dict = {} if into is None else into
        if into is None:
            self._reserve(result)
        self._enter(2 * length)
        for _ in range(length):
            key = x.hashable(self._read())
            result[key] = self._read()
        self._depth -= 1
        return result

    def _extension(self, length: int) -> Any:
        kind = self._take(1)[0]
        end = self._at + length
        if end > len(self._data):
            raise SerializationError("The bytes are no MessagePack message: it ends too early")
        if kind == x.POINTER:
            number = self._unsigned(4)
            if self._objects is None or number >= len(self._objects):
                raise SerializationError("A pointer leads nowhere")
            value = self._objects[number]
        elif kind in (x.MAP, x.SET, x.ARRAY_WITH_PROPERTIES, x.REGEXP, x.BOXED, x.ERROR):
            self._enter(0)
            value = self._nested(kind)
            self._depth -= 1
        else:
            payload = self._take(length)
            try:
                value = x.read_simple(kind, payload)
            except KeyError:
                raise SerializationError(f"An extension of the unknown type {kind}") from None
            if kind not in (x.UNDEFINED, x.BIGINT, x.UTF16):
                self._reserve(value)
        if self._at != end:
            raise SerializationError("The length of a part is wrong")
        return value

    def _nested(self, kind: int) -> Any:
        if kind == x.MAP:
            result: dict = {}
            self._reserve(result)
            return self._map(self._length(0x80, 0xDE), result)
        if kind == x.SET:
            members: set = set()
            self._reserve(members)
            for _ in range(self._length(0x90, 0xDC)):
                members.add(x.hashable(self._read()))
            return members
        if kind == x.ARRAY_WITH_PROPERTIES:
            elements = self._read()
            for _ in range(self._length(0x80, 0xDE)):
                self._read()
                self._read()
            return elements
        if kind == x.BOXED:
            number = self._reserve()
            return self._fill(number, self._read())
        parts = self._length(0x90, 0xDC)
        if kind == x.REGEXP:
            source = self._read() if parts == 2 else None
            flags = self._read() if parts == 2 else None
            if not (isinstance(source, str) and isinstance(flags, str)):
                raise SerializationError("A RegExp has not two parts")
            pattern = x.make_pattern(source, flags)
            self._reserve(pattern)
            return pattern
        name = self._read() if parts == 3 else None
        # Its properties may lead back to it.
        error = x.RemoteError(str(name), "")
        self._reserve(error)
        hidden = {self._read(): self._read() for _ in range(self._length(0x80, 0xDE))} if parts == 3 else None
        shown = {self._read(): self._read() for _ in range(self._length(0x80, 0xDE))} if parts == 3 else None
        made = x.make_error([name, hidden, shown])
        error.name, error.args, error.properties = made.name, made.args, made.properties
        return error

    def _length(self, fixed: int, two: int) -> int:
        token = self._take(1)[0]
        if fixed <= token < fixed + 16:
            count = token - fixed
        elif token in (two, two + 1):
            count = self._unsigned(2 if token == two else 4)
        else:
            raise SerializationError("The bytes are no MessagePack message: a part is not what it must be")
        if count > len(self._data) - self._at:
            raise SerializationError("The bytes are no MessagePack message: it ends too early")
        return count
