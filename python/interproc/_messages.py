"""What all queues do: items one at a time, put and taken, blocking and for asyncio."""

from __future__ import annotations

import ctypes
import queue as _standard
import threading
from ctypes import byref, c_size_t, c_uint32, c_uint64
from typing import Any, Optional

from . import _library as c
from ._codec import codec_of, resolve_codec
from ._errors import check, fail
from ._library import lib
from ._loop import Blocked, wait
from ._loans import Lending, Loan
from ._object import nanoseconds, options
from ._transfer import handing_over

_KINDS = {"queue": 0, "joinable-queue": 1, "simple-queue": 2, "priority-queue": 3}
_USUAL = 64 * 1024
_KEPT = 4 * 1024 * 1024
#: The most items that are taken at once.
MOST = 1024


class Buffers:
    """A thread's memory that messages come in."""

    def __init__(self) -> None:
        self.resize(_USUAL)
        self.length = c_size_t()
        self.length_at = byref(self.length)
        self.lengths = (c_uint32 * MOST)()

    def resize(self, size: int) -> None:
        self.bytes = ctypes.create_string_buffer(size)
        self.size = size
        self.view = memoryview(self.bytes).cast("B")

    def shrink(self) -> None:
        if self.size > _KEPT:
            self.resize(_USUAL)


_threads = threading.local()


def own_buffers() -> Buffers:
    """This thread's. Callers keep it for the call: looking it up costs as much as everything else that is done with it."""
    try:
        return _threads.buffers
    except AttributeError:
        _threads.buffers = made = Buffers()
        return made


class BaseQueue(Lending):
    """What all queues share."""

    def __init__(
        self,
        maxsize: int = 0,
        *,
        name: Optional[str] = None,
        capacity: Optional[int] = None,
        max_bytes: Optional[int] = None,
        codec: Any = None,
        persist: bool = False,
        mode: Optional[int] = None,
    ) -> None:
        self._make(c.CREATE, name, maxsize, capacity, max_bytes, codec, persist, mode)

    def _make(
        self, how: int, name: Any, maxsize: int, capacity: Any, max_bytes: Any, codec: Any, persist: bool, mode: Any
    ) -> None:
        self._codec = resolve_codec(codec)
        limits = c.Limits(capacity or 0, max(0, maxsize), max_bytes or 0)
        number = c_uint64()
        given = options(name, None, mode, self._codec.id if how != c.OPEN else 0, persist)
        check(lib.ip_queue(how, given, byref(limits), _KINDS[self._kind], byref(number)))
        self._adopt(number.value)
        self._ready(codec)

    @classmethod
    def open(cls, name: str, *, codec: Any = None) -> Any:
        """Attaches by name. ``codec`` only where it was created with one of its own. Raises FileNotFoundError,
        LayoutMismatchError where the name is something else's."""
        made = cls.__new__(cls)
        made._make(c.OPEN, name, 0, None, None, codec, False, None)
        return made

    @classmethod
    def open_or_create(cls, name: str, maxsize: int = 0, **more: Any) -> Any:
        """Attaches, or creates where there is none. Raises OptionsMismatchError where what exists contradicts an option."""
        given = {"capacity": None, "max_bytes": None, "codec": None, "persist": False, "mode": None, **more}
        made = cls.__new__(cls)
        made._make(c.OPEN_OR_CREATE, name, maxsize, **given)
        return made

    def _ready(self, codec: Any = None) -> None:
        description = c.Description()
        check(lib.ip_describe(self._number, byref(description)))
        self._codec = codec_of(description.codec, codec)
        self._later: list[Any] = []  # taken together with one that could not be decoded

    # ---- Putting

    def _put(self, item: Any, timeout: int, priority: float = 0.0) -> None:
        if isinstance(item, Loan):
            self._send_loan(item, timeout)
            return
        data, objects = self._codec.encode(item)
        length = len(data)
        # The common case: nothing to hand over, and room.
        if not objects and self._try_put(data, length, 0, c.KEEP_TURN, priority) == c.OK:
            return
        with handing_over(objects) as transfer:
            try:
                status = self._wait(
                    timeout, lambda left: self._try_put(data, length, left, c.KEEP_TURN, priority), c.FULL
                )
            except BaseException:
                lib.ip_queue_give_up(self._number)
                raise
            if status != c.OK:
                lib.ip_queue_give_up(self._number)
                fail(status)
            transfer.done()

    def _try_put(self, data: bytes, length: int, timeout: int, flags: int, priority: float) -> int:
        return self._call(lib.ip_queue_put, data, length, timeout, flags)

    async def _put_async(self, item: Any, timeout: Optional[float], priority: float = 0.0) -> None:
        if isinstance(item, Loan):
            await self._send_loan_async(item, timeout)
            return
        data, objects = self._codec.encode(item)
        attempts = 0

        def attempt() -> Any:
            nonlocal attempts
            attempts += 1
            flags = c.ATTEMPT | (c.INSIST if attempts > 3 else 0)
            status = self._try_put(data, len(data), 0, flags, priority)
            if status == c.OK:
                return None
            if status == c.FULL:
                return Blocked(self, c.NOT_FULL, len(data))
            if status == c.BUSY:
                return Blocked(self, c.PUT_FREE)
            fail(status)

        def expired() -> None:
            raise _standard.Full

        with handing_over(objects) as transfer:
            try:
                await wait(attempt, timeout, expired)
            except BaseException:
                lib.ip_queue_give_up(self._number)
                raise
            transfer.done()

    # ---- Getting

    def _get(self, timeout: int) -> Any:
        if self._later:
            return self._codec.decode(self._later.pop(0))
        mine = own_buffers()
        # The common case: something is there.
        status = lib.ip_queue_get(self._number, mine.bytes, mine.size, mine.length_at, 0, 0)
        if status in (c.EMPTY, c.BUSY, c.FORKED):
            status = self._wait(timeout, self._take, c.EMPTY)
        while status != c.OK:
            if status == c.LOAN:
                data = self._copied_loan()
                if data is not None:
                    return data
            elif status == c.SMALL_BUFFER:
                mine.resize(mine.length.value)
            else:
                fail(status)
            status = self._wait(timeout, self._take, c.EMPTY)
        try:
            return self._codec.decode(mine.view[: mine.length.value])
        finally:
            if mine.size > _KEPT:
                mine.shrink()

    def _take(self, timeout: int, flags: int = 0) -> int:
        mine = own_buffers()
        return self._call(lib.ip_queue_get, mine.bytes, mine.size, mine.length_at, timeout, flags)

    async def _get_async(self, timeout: Optional[float]) -> Any:
        mine = own_buffers()

        def attempt() -> Any:
            if self._later:
                return (self._later.pop(0), False)
            status = self._take(0, c.ATTEMPT)
            if status == c.SMALL_BUFFER:
                mine.resize(mine.length.value)
                return attempt()
            if status == c.LOAN:
                lent = self._copied_loan()
                return attempt() if lent is None else (lent, True)
            if status == c.OK:
                return (bytes(mine.view[: mine.length.value]), False)
            if status == c.EMPTY:
                return Blocked(self, c.NOT_EMPTY)
            if status == c.BUSY:
                return Blocked(self, c.GET_FREE)
            fail(status)

        def expired() -> None:
            raise _standard.Empty

        data, lent = await wait(attempt, timeout, expired)
        mine.shrink()
        return data if lent else self._codec.decode(data)

    # ---- Loans (Lending)

    def _try_alloc(self, size: int, lent: Any, timeout: int, flags: int) -> int:
        return self._call(lib.ip_queue_alloc, size, lent, timeout, flags)

    def _try_send_loan(self, number: int, meta: bytes, timeout: int, flags: int) -> int:
        return self._call(lib.ip_queue_put_loan, number, meta, len(meta), timeout, flags)

    def _try_receive_loan(self, buffer: Any, size: int, lent: Any, timeout: int, flags: int) -> int:
        return self._call(lib.ip_queue_get_loan, buffer, size, lent, timeout, flags)

    def _gave_up(self) -> None:
        lib.ip_queue_give_up(self._number)

    def empty(self) -> bool:
        """Whether there is nothing to get. False as soon as a put has returned."""
        return self.qsize() == 0

    def qsize(self) -> int:
        """Items in the queue."""
        count = c_uint64()
        check(self._call(lib.ip_queue_size, byref(count)))
        return count.value + len(self._later)
