"""The extension in C (python/speed), where it was built: it does what is done for every message. It is never needed: all
that it does, the Python code does as well, and what it leaves alone, the Python code does after it."""

from __future__ import annotations

import ctypes
import functools
import os
from typing import Any, Callable, TypeVar

from ._library import lib

_INTERFACE = 1
_FUNCTIONS = (
    "ip_queue_put", "ip_queue_get", "ip_queue_put_many", "ip_queue_get_many", "ip_pipe_send", "ip_pipe_receive",
    "ip_lock_acquire", "ip_lock_release",
)  # fmt: skip
#: Parameters that say how long to wait: an attempt that succeeds needs none of them.
_LIMITS = ("block", "timeout")

Method = TypeVar("Method", bound=Callable[..., Any])


def _find() -> Any:
    """``INTERPROC_EXTENSION``: ``0`` for never, ``1`` where it must be there."""
    wanted = os.environ.get("INTERPROC_EXTENSION", "")
    if wanted == "0" or os.environ.get("INTERPROC_PURE_PYTHON"):
        return None
    try:
        from . import _speed  # type: ignore[attr-defined]

        if _speed.INTERFACE != _INTERFACE:
            raise ImportError("interproc._speed was built of other sources: build it anew")
    except ImportError:
        if wanted == "1":
            raise
        return None
    return _speed


speed = _find()

#: Whether the extension is in use.
accelerated = speed is not None


def fast(name: str) -> Callable[[Method], Method]:
    """Tries a method in C first. Where that leaves the call alone, the method below does all of it."""

    def decorate(method: Method) -> Method:
        if speed is None:
            return method
        code = method.__code__  # type: ignore[attr-defined]
        parameters = code.co_varnames[: code.co_argcount]
        limits = tuple(parameter for parameter in parameters if parameter in _LIMITS)
        made: Any = functools.update_wrapper(speed.method(name, method, limits), method)
        return made

    return decorate


def use_library(raw: Any, msgpack: Any) -> None:
    """Gives the extension the functions of the library that ctypes has loaded, and the codecs that it knows."""
    if speed is not None:
        addresses = {name: ctypes.cast(getattr(lib, name), ctypes.c_void_p).value for name in _FUNCTIONS}
        speed.use_library(addresses, raw, msgpack)
