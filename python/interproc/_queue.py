"""Queue, JoinableQueue, SimpleQueue, PriorityQueue."""

from __future__ import annotations

import queue as _standard
from contextlib import ExitStack
from ctypes import byref, c_uint32, c_uint64
from typing import Any, Iterable, Optional

from . import _library as c
from ._accelerate import fast
from ._errors import SerializationError, ShutDown, TasksLostError, check, fail
from ._library import lib
from ._loans import Loan
from ._loop import Blocked, wait
from ._messages import MOST, BaseQueue, own_buffers
from ._object import nanoseconds
from ._transfer import handing_over


class Queue(BaseQueue):
    """Many producers, many consumers, first in, first out. As ``multiprocessing.Queue``, but a put is visible to every
    process when it has returned, and a killed process loses nothing that others had put.

    ``maxsize`` items (0: bounded by ``capacity`` bytes only, 1 MiB where not given); ``max_bytes`` bounds one item.
    ``codec`` is ``'msgpack'``, ``'json'``, ``'raw'`` or an object with ``encode`` and ``decode``. Without a ``name`` a unique
    one is made. ``persist`` keeps the memory until ``unlink()``. Raises FileExistsError where the name is taken."""

    _kind = "queue"

    @fast("queue_put")
    def put(self, obj: Any, block: bool = True, timeout: Optional[float] = None) -> None:
        """Waits for room, ``timeout`` seconds at most; woken by a get and by ``shutdown()``. Raises queue.Full, ShutDown,
        SerializationError (nothing is queued), MessageTooLargeError.

        A loan from ``alloc`` goes without a copy, and is over then. Raises BufferError while NumPy arrays or slices are on its
        buffer, LoanForeignError, ClosedError where it is over; the loan stays as it was, with a new ``buffer``."""
        self._put(obj, nanoseconds(timeout, block))

    @fast("queue_put")
    def put_nowait(self, obj: Any) -> None:
        """``put(obj, False)``"""
        self._put(obj, 0)

    async def put_async(self, obj: Any, timeout: Optional[float] = None) -> None:
        """``put`` for asyncio: woken by the doorbell. Cancelling takes the item back."""
        await self._put_async(obj, timeout)

    @fast("queue_get")
    def get(self, block: bool = True, timeout: Optional[float] = None) -> Any:
        """Waits for an item, ``timeout`` seconds at most; woken by a put and by ``shutdown()``. Raises queue.Empty,
        ShutDown when it was shut down and is drained."""
        return self._get(nanoseconds(timeout, block))

    @fast("queue_get")
    def get_nowait(self) -> Any:
        """``get(False)``"""
        return self._get(0)

    async def get_async(self, timeout: Optional[float] = None) -> Any:
        """``get`` for asyncio: woken by the doorbell. Cancelling loses no item."""
        return await self._get_async(timeout)

    def get_loan(self, block: bool = True, timeout: Optional[float] = None) -> Loan:
        """The next item where it lies, to be read in place: of a loan its bytes and ``meta``, of any other item its encoded
        bytes (``loan.encoded``; a small one is copied). Waits and raises as ``get``."""
        if self._later:
            raise SerializationError("items that were taken together with one that cannot be decoded are waiting: get() them")
        return self._receive_loan(nanoseconds(timeout, block))

    async def get_loan_async(self, timeout: Optional[float] = None) -> Loan:
        """``get_loan`` for asyncio. Cancelling loses no item."""
        return await self._receive_loan_async(timeout)

    @fast("queue_put_many")
    def put_many(self, items: Iterable[Any], block: bool = True, timeout: Optional[float] = None) -> None:
        """All of the items, in order, published together as far as there is room. All are encoded first. Raises as
        ``put``; ``queue.Full`` has in ``args[0]`` how many went in."""
        items = list(items)
        if any(isinstance(item, Loan) for item in items):
            raise SerializationError("a loan is put alone, not among others")
        encoded = [self._codec.encode(item) for item in items]
        # Each item hands its own over: those that found no room keep theirs.
        transfers = [(index, handing_over(objects)) for index, (_, objects) in enumerate(encoded) if objects]
        batch = _Batch(b"".join(data for data, _ in encoded), [len(data) for data, _ in encoded])
        with ExitStack() as stack:
            for _, transfer in transfers:
                stack.enter_context(transfer)
            try:
                batch.put_into(self, nanoseconds(timeout, block))
            finally:
                for index, transfer in transfers:
                    if index < batch.put:
                        transfer.done()

    def _put_rest(
        self, data: bytes, lengths: bytes, before: int, block: bool = True, timeout: Optional[float] = None
    ) -> None:
        """For the extension: what is left of a ``put_many``, of which ``before`` items are in."""
        _Batch(data, memoryview(lengths).cast("I").tolist(), before).put_into(self, nanoseconds(timeout, block))

    @fast("queue_get_many")
    def get_many(self, most: int, block: bool = True, timeout: Optional[float] = None) -> list:
        """1 to ``most`` items; waits for the first only. Raises as ``get``."""
        if most < 1:
            raise ValueError("most must be at least 1")
        if self._later:
            return [self._codec.decode(self._later.pop(0))]
        mine = own_buffers()
        count = c_uint32()

        def attempt(limit: int) -> int:
            return self._call(
                lib.ip_queue_get_many,
                mine.bytes, mine.size, mine.lengths, min(most, MOST), byref(count), mine.length_at, limit, 0,
            )  # fmt: skip

        while True:
            status = self._wait(nanoseconds(timeout, block), attempt, c.EMPTY)
            if status == c.LOAN:
                data = self._copied_loan()
                if data is not None:
                    return [data]
            elif status == c.SMALL_BUFFER:
                mine.resize(mine.length.value)
            else:
                check(status)
                break
        try:
            return self._decode_many(mine.view, mine.lengths[: count.value])
        finally:
            mine.shrink()

    def _decode_many(self, data: Any, lengths: "list[int]") -> list:
        """Messages that lie one behind the other. The extension calls it too."""
        if self._codec.decode_many is not None:
            items = self._codec.decode_many(memoryview(data), lengths)
            if items is not None:
                return items
        items = []
        at = 0
        for index, length in enumerate(lengths):
            try:
                items.append(self._codec.decode(data[at : at + length]))
            except Exception:
                # The first error is the caller's now; a later one, and all behind it, is for the calls to come.
                for later in lengths[index + (1 if index == 0 else 0) :]:
                    start = at + (length if index == 0 else 0)
                    self._later.append(bytes(data[start : start + later]))
                    at += later
                if index == 0:
                    raise
                break
            at += length
        return items

    def full(self) -> bool:
        """Whether even the smallest item would find no room."""
        status = self._call(lib.ip_queue_room)
        if status not in (c.OK, c.FULL, c.SHUT_DOWN):
            fail(status)
        return status == c.FULL

    @property
    def maxsize(self) -> int:
        """The most items; 0 where only bytes bound it."""
        limits = c.Limits()
        check(self._call(lib.ip_queue_limits, byref(limits)))
        return limits.max_items

    def shutdown(self, immediate: bool = False) -> None:
        """Ends the queue for every process and wakes all who wait. ``immediate`` drops what is queued. As
        ``queue.Queue.shutdown`` of Python 3.13."""
        check(self._call(lib.ip_queue_shut_down, 1 if immediate else 0))

    def cancel_join_thread(self) -> None:
        """Nothing: there is no feeder thread whose data could be lost. For programs that call it."""

    join_thread = cancel_join_thread

    def __iter__(self) -> Any:
        """Items as they come, until the queue is shut down and drained."""
        while True:
            try:
                yield self.get()
            except ShutDown:
                return

    async def __aiter__(self) -> Any:
        while True:
            try:
                yield await self.get_async()
            except ShutDown:
                return


class _Batch:
    """Encoded items one behind the other, on their way into a queue: ``put`` of them are in."""

    def __init__(self, data: bytes, lengths: "list[int]", before: int = 0) -> None:
        self._data, self._lengths = data, lengths
        self._before = before
        self._at = 0
        self._done = 0

    @property
    def put(self) -> int:
        return self._before + self._done

    def put_into(self, queue: Queue, timeout: int) -> None:
        if not self._lengths:
            return
        try:
            status = queue._wait(timeout, lambda limit: self._attempt(queue, limit), c.FULL)
        finally:
            if self._done < len(self._lengths):
                lib.ip_queue_give_up(queue._number)
        if status == c.FULL:
            raise _standard.Full(self.put)
        check(status)

    def _attempt(self, queue: Queue, limit: int) -> int:
        lengths = self._lengths[self._done :]
        done = c_uint32()
        status = queue._call(
            lib.ip_queue_put_many,
            self._data[self._at :], (c_uint32 * len(lengths))(*lengths), len(lengths), limit, c.KEEP_TURN, byref(done),
        )  # fmt: skip
        self._done += done.value
        self._at += sum(lengths[: done.value])
        return status


class JoinableQueue(Queue):
    """A queue whose items have to be finished. As ``multiprocessing.JoinableQueue``."""

    _kind = "joinable-queue"

    def task_done(self) -> None:
        """One item that was taken is finished. Raises ValueError where none is unfinished."""
        check(self._call(lib.ip_queue_task_done))

    def join(self, timeout: Optional[float] = None) -> None:
        """Waits until every item that was put is finished. Raises TimeoutError; TasksLostError where the rest went with
        consumers that died."""
        lost = c_uint64()
        status = self._wait(
            nanoseconds(timeout), lambda left: self._call(lib.ip_queue_join, left, byref(lost)), c.TIMEOUT
        )
        if status == c.TASKS_LOST:
            raise TasksLostError(f"{lost.value} items were taken by consumers that died before task_done()", lost.value)
        check(status)

    async def join_async(self, timeout: Optional[float] = None) -> None:
        """``join`` for asyncio."""
        lost = c_uint64()

        def attempt() -> Any:
            status = self._call(lib.ip_queue_join_once, byref(lost))
            if status == c.WAIT_AGAIN:
                return Blocked(self, c.JOINED)
            if status == c.BUSY:
                return Blocked(self, c.GET_FREE)
            if status == c.TASKS_LOST:
                raise TasksLostError(f"{lost.value} items went with consumers that died", lost.value)
            check(status)

        def expired() -> None:
            raise TimeoutError("items are still unfinished")

        await wait(attempt, timeout, expired)


class SimpleQueue(BaseQueue):
    """As ``multiprocessing.SimpleQueue``: ``put``, ``get``, ``empty``, ``close``."""

    _kind = "simple-queue"

    def __init__(self, *, name: Optional[str] = None, **more: Any) -> None:
        super().__init__(0, name=name, **more)

    @fast("queue_put")
    def put(self, obj: Any) -> None:
        """Waits for room."""
        self._put(obj, -1)

    @fast("queue_get")
    def get(self) -> Any:
        """Waits for an item."""
        return self._get(-1)

    async def put_async(self, obj: Any) -> None:
        await self._put_async(obj, None)

    async def get_async(self) -> Any:
        return await self._get_async(None)


class PriorityQueue(Queue):
    """The item of the lowest ``priority`` first, equals in the order of their puts. As ``queue.PriorityQueue``, across
    processes; the priority stands beside the item."""

    _kind = "priority-queue"

    def put(self, obj: Any, block: bool = True, timeout: Optional[float] = None, *, priority: float = 0.0) -> None:
        self._put(obj, nanoseconds(timeout, block), priority)

    def put_nowait(self, obj: Any, *, priority: float = 0.0) -> None:
        self._put(obj, 0, priority)

    async def put_async(self, obj: Any, timeout: Optional[float] = None, *, priority: float = 0.0) -> None:
        await self._put_async(obj, timeout, priority)

    def put_many(self, items: Iterable[Any], block: bool = True, timeout: Optional[float] = None) -> None:
        """All with priority 0."""
        for item in items:
            self._put(item, nanoseconds(timeout, block))

    def _try_put(self, data: bytes, length: int, timeout: int, flags: int, priority: float) -> int:
        return self._call(lib.ip_queue_put_priority, data, length, priority, timeout, flags)
