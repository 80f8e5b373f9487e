"""Atomic operations on one element in shared memory: no lock, and none is needed."""

from __future__ import annotations

import ctypes
from typing import Any, Callable

from ._errors import check
from ._library import lib

_INTEGERS = tuple(getattr(ctypes, f"c_{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64))
_NUMBERS = (*_INTEGERS, ctypes.c_float, ctypes.c_double)


def _refuse(kind: Any, known: tuple, what: str) -> None:
    if kind not in known:
        raise TypeError(f"{what} is for numbers of 8 to 64 bits, not for {kind.__name__}")


def _swap(element: Any, kind: Any, seen: Any, wanted: Any) -> bool:
    """Stores where ``seen`` is there still, bit by bit; ``seen`` has what was there."""
    stored = ctypes.c_int()
    check(
        lib.ip_compare_exchange(
            ctypes.addressof(element), ctypes.sizeof(kind), ctypes.byref(seen), ctypes.byref(wanted), ctypes.byref(stored)
        )
    )
    return bool(stored.value)


def update(element: Any, kind: Any, change: Callable[[Any], Any], make: Callable[[Any, Any], Any], bits: bool = False) -> Any:
    """Sets an element to ``change`` of what it is, in one step, and gives what it was. ``make(kind, args)`` refuses what the
    type cannot hold: then nothing has changed. ``bits``: integers only."""
    _refuse(kind, _INTEGERS if bits else _NUMBERS, "a bitwise operation" if bits else "an atomic operation")
    seen = kind.from_buffer_copy(element)
    while not _swap(element, kind, seen, make(kind, (change(seen.value),))):
        pass  # another was faster
    return seen.value


def compare_exchange(element: Any, kind: Any, expected: Any, value: Any, make: Callable[[Any, Any], Any]) -> Any:
    """Stores ``value`` if ``expected`` is there, compared bit by bit, and gives what was there."""
    _refuse(kind, _NUMBERS, "an atomic operation")
    seen = make(kind, (expected,))
    _swap(element, kind, seen, make(kind, (value,)))
    return seen.value
