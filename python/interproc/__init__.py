"""Queues, pipes, shared memory and locks between processes, shared by name with Node.js, C and every other language
that speaks to libinterproc. Names, timeouts (seconds) and exceptions are those of ``multiprocessing``; every blocking
call releases the GIL, answers Ctrl-C within 100 ms and has an ``…_async`` form for asyncio."""

from __future__ import annotations

from ._accelerate import accelerated
from ._attach import attach
from ._codec import uses_msgpack
from ._errors import (
    BufferTooShort,
    BusyError,
    ClosedError,
    CorruptSegmentError,
    DeadlockError,
    EndTakenError,
    ForeignSegmentError,
    ForkedError,
    InterprocError,
    LayoutMismatchError,
    LoanForeignError,
    LockNotOwnedError,
    MessageTooLargeError,
    NewerLayoutError,
    OlderLayoutError,
    OptionsMismatchError,
    SerializationError,
    ShutDown,
    TasksLostError,
    TooManyParticipantsError,
)
from ._extensions import RemoteError
from ._loans import Loan
from ._locks import BoundedSemaphore, Lock, RLock, Semaphore
from ._memory import SharedMemory
from ._pipe import Connection, Pipe
from ._process import ParentProcess, args, parent_process, process_name
from ._queue import JoinableQueue, PriorityQueue, Queue, SimpleQueue
from ._sync import Barrier, Condition, Event
from ._values import Array, RawArray, RawValue, Value

__version__ = "0.1.0"

__all__ = [name for name in dir() if not name.startswith("_") and name != "annotations"]
