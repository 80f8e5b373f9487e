"""From a handle to its object."""

from __future__ import annotations

import json
from ctypes import byref, c_uint64
from typing import Any

from ._errors import check
from ._library import lib
from ._locks import BoundedSemaphore, Lock, RLock, Semaphore
from ._memory import SharedMemory
from ._pipe import Connection
from ._queue import JoinableQueue, PriorityQueue, Queue, SimpleQueue
from ._sync import Barrier, Condition, Event
from ._values import Array, Value

_classes: "dict[str, Any]" = {
    known._kind: known
    for known in (
        Queue, JoinableQueue, SimpleQueue, PriorityQueue, Connection, Value, Array, Lock, RLock, Semaphore,
        BoundedSemaphore, Condition, Event, Barrier, SharedMemory,
    )
}  # fmt: skip


def attach(handle: Any) -> Any:
    """The object that a handle leads to, as an instance of the right class. ``handle`` is what ``obj.handle`` gave, in
    whatever process and language, or its JSON text. Raises ValueError for what is no handle, FileNotFoundError where the
    object is gone, EndTakenError for an end of a pipe that somebody has."""
    text = handle if isinstance(handle, str) else json.dumps(handle, separators=(",", ":"))
    number = c_uint64()
    check(lib.ip_attach(text.encode(), byref(number)))
    return _classes[lib.ip_kind(number.value).decode()]._from_number(number.value)
