"""How items become bytes: the codecs that Python shares with Node.js, by their numbers in the shared memory."""

from __future__ import annotations

import json
import os
from typing import Any, Callable, NamedTuple, Optional

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
    encode_msgpack, decode_msgpack = _encode_own, _decode_own
else:

    def encode_msgpack(value: Any) -> "tuple[bytes, list]":
        objects: list = []

        def pack(part: Any) -> bytes:
            return _fast.packb(part, default=special)

        def special(part: Any) -> Any:
            known = x.plain(part)
            if known is not part and not isinstance(known, memoryview):
                return known
            if isinstance(known, int):  # beyond 64 bits
                return _fast.ExtType(x.BIGINT, x.pack_integer(known))
            found = x.as_extension(known, pack, objects)
            if found is None:
                raise TypeError
            if found[0] > 127:
                raise TypeError  # a timestamp: its type is negative there
            return _fast.ExtType(*found)

        try:
            return _fast.packb(value, default=special), objects
        except (TypeError, ValueError, OverflowError, UnicodeError):
            # Cycles, lone surrogates, dates; what cannot be serialized at all is told by the encoder of our own.
            return _encode_own(value)

    def _extension(kind: int, payload: bytes) -> Any:
        try:
            return x.read_simple(kind, payload)
        except KeyError:
            raise x.NeedsOwnDecoder from None

    def decode_msgpack(data: Any) -> Any:
        if bytes(data[:4]) == x.POINTERS_HEADER:
            return _decode_own(data)
        try:
            return _fast.unpackb(data, ext_hook=_extension, strict_map_key=False, timestamp=3)
        except SerializationError:
            raise
        except (x.NeedsOwnDecoder, TypeError, ValueError, OverflowError, _fast.exceptions.UnpackException):
            return _decode_own(data)


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
    Codec(1, "msgpack", encode_msgpack, decode_msgpack),
    Codec(3, "json", _encode_json, _decode_json),
)
_custom_id = 255


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
