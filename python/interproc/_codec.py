"""How items become bytes: the codecs that Python shares with Node.js, by their numbers in the shared memory."""

from __future__ import annotations

import json
import os
from typing import Any, Callable, NamedTuple, Optional

from . import _accelerate
from . import _extensions as x
from ._errors import SerializationError
from ._msgpack import Decoder, Encoder

try:
    if os.environ.get("INTERPROC_PURE_PYTHON"):
        raise ImportError
    import msgpack as _fast
except ImportError:
    _fast = None

#: Whether the ``msgpack`` package is in use. Without it, and for what it lacks, a codec of our own is.
uses_msgpack = _fast is not None


class Codec(NamedTuple):
    """``encode`` gives the bytes, and the shared objects among them; ``decode`` takes any buffer and keeps nothing of it."""

    id: int
    name: str
    encode: Callable[[Any], "tuple[bytes, list]"]
    decode: Callable[[Any], Any]
    #: Messages that lie one behind the other, by their lengths; None where one of them needs ``decode``.
    decode_many: "Optional[Callable[[memoryview, list[int]], Optional[list]]]" = None


# ---- MessagePack


def _encode_own(value: Any) -> "tuple[bytes, list]":
    encoder = Encoder()
    try:
        return encoder.encode(value), encoder.objects
    except RecursionError as error:
        raise SerializationError("A value nested this deeply cannot be serialized") from error


def _decode_own(data: Any) -> Any:
    try:
        return Decoder(data).decode()
    except (TypeError, RecursionError) as error:
        raise SerializationError("The bytes are no message that Python can hold") from error


if _fast is None:
    encode_msgpack, decode_msgpack, decode_many_msgpack = _encode_own, _decode_own, None
else:

    #: Up to this many bytes go through a packer or unpacker that is kept: making one costs more than a small message.
    _SMALL = 64 * 1024

    class _Packer:
        """One that is kept. Not while it is at work: what it calls may pack something of its own, or be interrupted by who does."""

        def __init__(self) -> None:
            self.objects: list = []
            self.pack = _fast.Packer(default=self._special).pack

        def _pack_part(self, part: Any) -> bytes:
            return _fast.packb(part, default=self._special)

        def _special(self, part: Any) -> Any:
            known = x.plain(part)
            if known is not part and not isinstance(known, memoryview):
                return known
            if isinstance(known, int):  # beyond 64 bits
                return _fast.ExtType(x.BIGINT, x.pack_integer(known))
            found = x.as_extension(known, self._pack_part, self.objects)
            if found is None:
                raise TypeError
            if found[0] > 127:
                raise TypeError  # a timestamp: its type is negative there
            return _fast.ExtType(*found)

    class _Unpacker:
        """One that is kept, in the same way. ``at`` is how far it has come in all that it was fed."""

        def __init__(self) -> None:
            stream = _fast.Unpacker(ext_hook=_extension, strict_map_key=False, timestamp=3)
            self.feed, self.unpack, self.tell = stream.feed, stream.unpack, stream.tell
            self.at = 0

    # Those that nobody uses now; taking one from a list is atomic. Who meets an error does not put it back.
    _packers: "list[_Packer]" = []
    _unpackers: "list[_Unpacker]" = []

    def _kept_unpacker() -> _Unpacker:
        try:
            return _unpackers.pop()
        except IndexError:
            return _Unpacker()

    def encode_msgpack(value: Any) -> "tuple[bytes, list]":
        try:
            packer = _packers.pop()
        except IndexError:
            packer = _Packer()
        try:
            data = packer.pack(value)
        except (TypeError, ValueError, OverflowError, UnicodeError):
            # Cycles, lone surrogates, dates; what cannot be serialized at all is told by the encoder of our own.
            return _encode_own(value)
        objects = packer.objects
        if objects:
            packer.objects = []
        if len(data) <= _SMALL:
            _packers.append(packer)
        return data, objects

    def _extension(kind: int, payload: bytes) -> Any:
        # A message that carries objects is decoded once: attaching a second time could find an end of a pipe taken.
        if kind == x.HANDLE:
            raise x.NeedsOwnDecoder
        try:
            return x.read_simple(kind, payload)
        except KeyError:
            raise x.NeedsOwnDecoder from None

    _own_decoders = (x.NeedsOwnDecoder, TypeError, ValueError, OverflowError, _fast.exceptions.UnpackException)

    def decode_msgpack(data: Any) -> Any:
        try:
            size = len(data)
            if size > _SMALL:
                return _fast.unpackb(data, ext_hook=_extension, strict_map_key=False, timestamp=3)
            stream = _kept_unpacker()
            stream.feed(data)
            value = stream.unpack()
            stream.at += size
            if stream.tell() == stream.at:
                _unpackers.append(stream)
                return value
        except SerializationError:
            raise
        except _own_decoders:
            pass
        return _decode_own(data)

    def decode_many_msgpack(data: memoryview, lengths: "list[int]") -> Optional[list]:
        size = sum(lengths)
        if size > _SMALL:
            return None
        stream = _kept_unpacker()
        items = []
        try:
            stream.feed(data[:size])
            for length in lengths:
                items.append(stream.unpack())
                stream.at += length
                if stream.tell() != stream.at:
                    return None
        except (SerializationError, *_own_decoders):
            return None
        _unpackers.append(stream)
        return items


if _accelerate.speed is not None:

    def _in_c_first(
        encode: Callable[[Any], "tuple[bytes, list]"], decode: Callable[[Any], Any], speed: Any
    ) -> "tuple[Callable[[Any], tuple[bytes, list]], Callable[[Any], Any]]":
        nothing = object()

        def encode_first(value: Any) -> "tuple[bytes, list]":
            data = speed.encode(value)
            return encode(value) if data is None else (data, [])

        def decode_first(data: Any) -> Any:
            value = speed.decode(data, nothing)
            return decode(data) if value is nothing else value

        return encode_first, decode_first

    encode_msgpack, decode_msgpack = _in_c_first(encode_msgpack, decode_msgpack, _accelerate.speed)


# ---- The others


def _encode_raw(value: Any) -> "tuple[bytes, list]":
    try:
        return bytes(memoryview(value)), []
    except TypeError:
        raise SerializationError("The raw codec takes bytes only") from None


def _encode_json(value: Any) -> "tuple[bytes, list]":
    from ._object import Shared

    objects: list = []

    def special(part: Any) -> Any:
        if isinstance(part, Shared):
            objects.append(part)
            return part.handle
        raise SerializationError(f"A value of type {type(part).__name__} is not kept by JSON")

    try:
        return json.dumps(value, default=special, allow_nan=False, separators=(",", ":")).encode(), objects
    except (ValueError, RecursionError) as error:
        if isinstance(error, SerializationError):
            raise
        raise SerializationError(f"The value is not kept by JSON: {error}") from error


def _decode_json(data: Any) -> Any:
    try:
        return json.loads(bytes(data))
    except ValueError as error:
        raise SerializationError("The bytes are no JSON") from error


_codecs = (
    Codec(0, "raw", _encode_raw, bytes),
    Codec(1, "msgpack", encode_msgpack, decode_msgpack, decode_many_msgpack),
    Codec(3, "json", _encode_json, _decode_json),
)
_custom_id = 255
_accelerate.use_library(_codecs[0], _codecs[1])


def resolve_codec(codec: Any) -> Codec:
    """The codec that an option names: ``'msgpack'`` (also None), ``'json'``, ``'raw'``, or an object with ``encode`` and
    ``decode``."""
    if codec is None:
        return _codecs[1]
    if isinstance(codec, Codec):
        return codec
    if isinstance(codec, str):
        for known in _codecs:
            if known.name == codec:
                return known
        raise ValueError(f"codec must be 'msgpack', 'json', 'raw' or an object with encode and decode, not {codec!r}")
    if callable(getattr(codec, "encode", None)) and callable(getattr(codec, "decode", None)):
        return Codec(_custom_id, "custom", lambda value: (bytes(codec.encode(value)), []), lambda data: codec.decode(bytes(data)))
    raise TypeError("codec must be a name or an object with encode and decode")


def codec_of(number: int, given: Optional[Any]) -> Codec:
    """The codec of an existing object."""
    if given is not None:
        return resolve_codec(given)
    for known in _codecs:
        if known.id == number:
            return known
    raise ValueError(
        "the items are in V8's own format, which Python cannot read: create it with codec 'msgpack'"
        if number == 2
        else "the object was created with a codec of its own: give it"
    )
