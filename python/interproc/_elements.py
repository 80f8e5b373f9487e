"""The types that values and arrays hold: as ctypes has them, and as every language writes them down."""

from __future__ import annotations

import ctypes
from typing import Any, Iterable

from ._errors import CorruptSegmentError

_types: "dict[str, Any]" = {
    "c": ctypes.c_char, "u": ctypes.c_wchar, "b": ctypes.c_byte, "B": ctypes.c_ubyte, "h": ctypes.c_short,
    "H": ctypes.c_ushort, "i": ctypes.c_int, "I": ctypes.c_uint, "l": ctypes.c_long, "L": ctypes.c_ulong,
    "q": ctypes.c_longlong, "Q": ctypes.c_ulonglong, "f": ctypes.c_float, "d": ctypes.c_double, "?": ctypes.c_bool,
}  # fmt: skip
codes = {kind: code for code, kind in _types.items()}
# Two names for one type: what Node.js writes for it.
codes[ctypes.c_long], codes[ctypes.c_ulong] = "l", "L"


def resolve(kind: Any) -> Any:
    """A ctypes type from a typecode, a ctypes name or the type itself."""
    if isinstance(kind, str):
        found = _types.get(kind) or (getattr(ctypes, kind, None) if kind.startswith("c_") else None)
        if found is None:
            raise ValueError(f"{kind!r} is no typecode and no name of a ctypes type")
        return found
    if isinstance(kind, type) and (kind in codes or issubclass(kind, ctypes.Structure)):
        return kind
    raise TypeError("type must be a typecode, the name of a ctypes type, a ctypes type or a Structure")


def text_as_given(given: Any, kind: Any) -> Any:
    """A typecode stays the one that was given: "q" and "l" are one type to ctypes, and two names to who reads them."""
    return given if isinstance(given, str) and given in _types else text_of_type(kind)


def text_of_type(kind: Any) -> Any:
    if kind in codes:
        return codes[kind]
    if issubclass(kind, ctypes.Structure):
        return {"struct": [[name, text_of_type(part)] for name, part, *_ in kind._fields_], "name": kind.__name__}
    raise TypeError(f"{kind.__name__} has no form that every language knows")


def type_of_text(text: Any) -> Any:
    if isinstance(text, str) and text in _types:
        return _types[text]
    if isinstance(text, dict) and isinstance(text.get("struct"), list):
        fields = [(str(name), type_of_text(part)) for name, part in text["struct"]]
        return type(str(text.get("name", "Struct")), (ctypes.Structure,), {"_fields_": fields})
    raise CorruptSegmentError(f"the element type {text!r} is unknown")


def checked(kind: Any, args: Any) -> Any:
    """A ctypes value; one that the type cannot hold is refused, where ctypes would wrap it."""
    if len(args) == 1 and isinstance(args[0], kind):
        return args[0]
    if len(args) == 1 and issubclass(kind, ctypes.Structure) and isinstance(args[0], (tuple, list)):
        args = tuple(args[0])
    made = kind(*args)
    if not issubclass(kind, ctypes.Structure) and isinstance(made.value, int) and made.value != args[0]:
        raise OverflowError(f"{args[0]} does not fit into {kind.__name__}")
    return made


def stored(made: Any) -> Any:
    return made if isinstance(made, ctypes.Structure) else made.value


def parts_of(kind: Any, values: Any) -> Iterable[Any]:
    """Bytes are single characters to a `'c'` array."""
    if kind is ctypes.c_char and isinstance(values, (bytes, bytearray)):
        return [values[at : at + 1] for at in range(len(values))]
    return values
