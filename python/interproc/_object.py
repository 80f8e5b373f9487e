"""What every shared object is: a name, a handle that travels, and a lifetime."""

from __future__ import annotations

import atexit
import ctypes
import json
import sys
from time import monotonic_ns
from typing import Any, Callable, Optional

from . import _library as c
from ._errors import ClosedError, check, fail
from ._library import lib

#: Longest time in C without a look at signals, in nanoseconds: Ctrl-C is answered within it.
SLICE = 50_000_000


def nanoseconds(timeout: Optional[float], block: bool = True) -> int:
    """A time in seconds as the library takes it: -1 for ever, 0 once."""
    if not block:
        return 0
    if timeout is None:
        return -1
    if timeout != timeout:
        raise ValueError("timeout must be a number of seconds, not NaN")
    return -1 if timeout > 9e9 else max(0, int(timeout * 1e9))


def text_of(function: Callable[..., int], number: int) -> str:
    """What a function writes into a buffer."""
    size = ctypes.c_size_t(512)
    while True:
        buffer = ctypes.create_string_buffer(size.value)
        status = function(number, buffer, len(buffer), ctypes.byref(size))
        if status != c.SMALL_BUFFER:
            check(status)
            return buffer.value.decode()


def options(
    name: Optional[str] = None, meta: Optional[str] = None, mode: Optional[int] = None, codec: int = 0, persist: bool = False
) -> Any:
    if name is not None and not isinstance(name, str):
        raise TypeError(f"name must be a string, not {type(name).__name__}")
    if name is not None and "\0" in name:
        raise ValueError("a name has no NUL in it")  # C would take what stands before it for the name
    return ctypes.byref(
        c.Options(
            None if name is None else name.encode(),
            None if meta is None else meta.encode(),
            0 if mode is None else mode,
            codec,
            1 if persist else 0,
            0,
        )
    )


class Shared:
    """A shared object. ``with`` closes it at the end. Any thread may use it; each is a participant of its own."""

    _number: int = 0
    #: How this class's objects are called in handles.
    _kind = ""

    def _adopt(self, number: int) -> None:
        self._number = number
        self._kind = lib.ip_kind(number).decode()
        self._name = text_of(lib.ip_name, number)

    @classmethod
    def _from_number(cls, number: int, **more: Any) -> Any:
        made = cls.__new__(cls)
        try:
            made._adopt(number)
            made._ready(**more)
        except BaseException:
            lib.ip_close(number)
            raise
        return made

    def _ready(self) -> None:
        """What a class needs once it has its number."""

    @property
    def name(self) -> str:
        """What the object is called in every process."""
        return self._name

    @property
    def closed(self) -> bool:
        return self._number == 0

    @property
    def handle(self) -> dict:
        """Plain data for ``attach()``, in any process and language: survives JSON."""
        return {"interproc": 1, "kind": self._kind, "name": self._name}

    def _handle_text(self) -> str:
        if self.closed:
            raise ClosedError("the object was closed")
        return json.dumps(self.handle, separators=(",", ":"))

    def _reopen(self) -> None:
        """In a forked child, at the first use: attaches anew. The parent's number means nothing here."""
        number = ctypes.c_uint64()
        check(lib.ip_attach(self._handle_text().encode(), ctypes.byref(number)))
        self._number = number.value

    def _call(self, function: Callable[..., int], *arguments: Any) -> int:
        """The status of a call on this object."""
        status = function(self._number, *arguments)
        if status == c.FORKED:
            self._reopen()
            status = function(self._number, *arguments)
        return status

    def _wait(self, timeout: int, attempt: Callable[[int], int], waits: int) -> int:
        """Calls ``attempt(slice)`` until it gives another status than ``waits``, or time is up: signals are handled in
        between, and so Ctrl-C is answered."""
        if timeout == 0:
            return attempt(0)
        if 0 < timeout <= SLICE:
            return attempt(timeout)
        deadline = -1 if timeout < 0 else monotonic_ns() + timeout
        while True:
            left = SLICE if deadline < 0 else min(SLICE, deadline - monotonic_ns())
            status = attempt(max(0, left))
            if status != waits or (deadline >= 0 and left <= 0):
                return status

    def close(self) -> None:
        """Lets go of this object; with the last one on it, this process detaches: locks it holds are freed. Idempotent."""
        number, self._number = self._number, 0
        if number:
            lib.ip_close(number)

    def unlink(self) -> None:
        """Removes the name; whoever is attached goes on. Raises FileNotFoundError where it is gone."""
        status = self._call(lib.ip_unlink)
        if status != c.OK:
            fail(status)

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def __del__(self) -> None:
        # At the interpreter's end the library may be gone before us; it detaches by itself then.
        if self._number and lib is not None:
            self.close()

    def __repr__(self) -> str:
        return f"<{type(self).__name__} {self.__dict__.get('_name', '')!r}{' closed' if self.closed else ''}>"

    def __reduce__(self) -> Any:
        from ._attach import attach

        if self.closed:
            raise ClosedError("the object was closed")
        return attach, (self.handle,)


@atexit.register
def _leave() -> None:
    # After an uncaught error locks are not freed as if their work were done: the next holder is told.
    lib.ip_close_all(0 if hasattr(sys, "last_type") and sys.last_type is not None and not hasattr(sys, "ps1") else 1)
