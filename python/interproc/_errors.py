"""Exceptions. Where Python has one for the case it is that: ``queue.Empty``, ``queue.Full``, ``EOFError``,
``BrokenPipeError``, ``threading.BrokenBarrierError``, ``TimeoutError``, ``FileNotFoundError``, ``FileExistsError``."""

from __future__ import annotations

import os
import queue
import threading
from typing import NoReturn

from . import _library as c
from ._library import lib


class InterprocError(Exception):
    """Whatever this package raises that Python has no class for."""


class ShutDown(InterprocError):
    """A put after ``shutdown()``; a get after it, once the queue is drained. Python 3.13: ``queue.ShutDown``."""


class ClosedError(InterprocError, ValueError):
    """This object was closed."""


class ForkedError(InterprocError):
    """An end of a pipe that belongs to the process which forked this one."""


class CorruptSegmentError(InterprocError):
    """The shared bytes break the layout's rules."""


class LayoutMismatchError(InterprocError):
    """What has the name cannot be used: another kind of object, or one of the classes below."""


class ForeignSegmentError(LayoutMismatchError):
    """What has the name is not an object of ours."""


class OlderLayoutError(LayoutMismatchError):
    """Made by an older version of interproc, with another layout."""


class NewerLayoutError(LayoutMismatchError):
    """Made by a newer version of interproc, with a layout or features that this one does not know."""


class OptionsMismatchError(InterprocError):
    """What exists contradicts the options given: another type, size or limit. Nothing was touched."""


class MessageTooLargeError(InterprocError, ValueError):
    """Larger than the object's largest message."""


class LoanForeignError(InterprocError, ValueError):
    """A loan that this object did not lend to be filled: another's, or one that was received."""


class LockNotOwnedError(InterprocError, RuntimeError):
    """Released by a thread that does not hold it."""


class DeadlockError(InterprocError, RuntimeError):
    """Only this very thread could end the wait."""


class EndTakenError(InterprocError):
    """This end of the pipe belongs to another process."""


class TasksLostError(InterprocError):
    """Consumers died with items that they had not finished. ``count`` says how many."""

    def __init__(self, message: str, count: int = 0) -> None:
        super().__init__(message)
        self.count = count


class TooManyParticipantsError(InterprocError):
    """256 threads and processes are attached already."""


class SerializationError(InterprocError, ValueError):
    """A value that cannot be encoded, or bytes that are no message."""


class BusyError(InterprocError):
    """Another, living process stays inside the object; is it stopped?"""


class BufferTooShort(InterprocError):
    """``recv_bytes_into``: the message does not fit; it is whole in ``args[0]``. As ``multiprocessing.BufferTooShort``."""


_classes: dict[int, type[BaseException]] = {
    c.EMPTY: queue.Empty,
    c.FULL: queue.Full,
    c.BUSY: BusyError,
    c.TIMEOUT: TimeoutError,
    c.SHUT_DOWN: ShutDown,
    c.END_OF_FILE: EOFError,
    c.BROKEN_PIPE: BrokenPipeError,
    c.TOO_LARGE: MessageTooLargeError,
    c.NOT_OWNED: LockNotOwnedError,
    c.DEADLOCK: DeadlockError,
    c.BROKEN_BARRIER: threading.BrokenBarrierError,
    c.TASK_DONE: ValueError,
    c.TASKS_LOST: TasksLostError,
    c.ABOVE_BOUND: ValueError,
    c.END_TAKEN: EndTakenError,
    c.NOT_READABLE: OSError,
    c.NOT_WRITABLE: OSError,
    c.NO_LOCK: InterprocError,
    c.LOAN_FOREIGN: LoanForeignError,
    c.CLOSED: ClosedError,
    c.FORKED: ForkedError,
    c.INVALID: ValueError,
    c.CORRUPT: CorruptSegmentError,
    c.LAYOUT_MISMATCH: LayoutMismatchError,
    c.OPTIONS_MISMATCH: OptionsMismatchError,
    c.FOREIGN_OWNER: PermissionError,
    c.FOREIGN: ForeignSegmentError,
    c.OLDER_LAYOUT: OlderLayoutError,
    c.NEWER_LAYOUT: NewerLayoutError,
    c.TOO_MANY: TooManyParticipantsError,
}


def fail(status: int) -> NoReturn:
    """Raises what a status means."""
    if status in (c.EMPTY, c.FULL):
        raise _classes[status]
    message = lib.ip_last_message().decode("utf-8", "replace")
    if status == c.SYSTEM:
        number = lib.ip_last_errno()
        raise OSError(number, message or os.strerror(number))
    raise _classes.get(status, InterprocError)(message)


def check(status: int) -> None:
    if status != c.OK:
        fail(status)
