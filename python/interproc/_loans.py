"""Loans: large messages that are filled and read where they lie, in shared memory, without a copy."""

from __future__ import annotations

import ctypes
import functools
import os
import threading
import weakref
from ctypes import byref
from typing import Any, Callable, Optional

from . import _library as c
from ._codec import decode_msgpack, encode_msgpack
from ._errors import ClosedError, ForkedError, LoanForeignError, MessageTooLargeError, check, fail
from ._library import lib
from ._loop import Blocked, wait
from ._object import Shared, nanoseconds
from ._transfer import handing_over


@functools.lru_cache(maxsize=64)
def _block_type(size: int) -> Any:
    return ctypes.c_ubyte * size


def _block_at(address: int, size: int) -> Any:
    """The memory as an object that every view of it keeps alive."""
    return _block_type(size).from_address(address)


class Loan:
    """Memory for one message, shared and not copied: from ``alloc`` to be filled and sent, from ``get_loan`` and ``recv_loan``
    to be read in place. Any number may be held, and given back in any order, by any thread. A killed holder's memory comes
    back by itself. ``with`` releases it.

    A loan keeps the process attached to the object it came from, also after ``close()``. In a forked child it is its
    parent's: the bytes can be looked at, and nothing else."""

    #: Bytes of the message.
    size: int
    #: What goes with the bytes, beside them: any value, of 1000 bytes of MessagePack at the most.
    meta: Any
    #: Whether the bytes are an item that its sender put as one, encoded by the codec.
    encoded: bool

    def __init__(self, owner: Shared, lent: Any, meta: Any, writable: bool, block: Any = None) -> None:
        """Made by ``alloc``, ``get_loan`` and ``recv_loan``. ``block``: bytes of its own, of a small message."""
        self.size = lent.length
        self.meta = meta
        self.encoded = bool(lent.encoded)
        self._owner = owner
        self._number = lent.loan
        self._address = lent.bytes
        self._writable = writable
        self._over = False
        self._process = os.getpid()
        self._show(_block_at(lent.bytes, self.size) if block is None else block)

    def _show(self, block: Any) -> None:
        self._block = block
        view = memoryview(block).cast("B")
        self._view = view if self._writable else view.toreadonly()
        # The last view gives the memory back, if nothing did before: so no view ever shows another message's bytes.
        self._end = weakref.finalize(block, lib.ip_loan_release, self._number) if self._number else None
        if self._end is not None:
            self._end.atexit = False  # the process's end gives everything back

    @property
    def buffer(self) -> memoryview:
        """The memory itself: writable, with whatever was there before, from ``alloc``; read-only where it was received.
        ``numpy.frombuffer(loan.buffer, dtype)`` makes no copy. Raises ClosedError once the loan is over."""
        if self._over:
            raise ClosedError("the loan was sent or released")
        return self._view

    def numpy(self, dtype: Any = "uint8", shape: Any = -1) -> Any:
        """A NumPy array on the memory: no copy."""
        import numpy

        return numpy.frombuffer(self.buffer, dtype).reshape(shape)

    @property
    def released(self) -> bool:
        """Whether the loan is over: sent, or released."""
        return self._over

    def release(self) -> None:
        """Gives the memory back, read or not sent, at once; or, where slices of the buffer or NumPy arrays still show it,
        with the last of them. Idempotent, never blocks."""
        if self._over:
            return
        self._over = True
        try:
            self._view.release()
        except BufferError:
            pass  # an array is on it, and keeps it
        self._view = self._block = None

    def _conceal(self) -> None:
        """Makes sure that nobody can write to what is about to be sent. Raises BufferError where somebody could."""
        self._end.detach()
        block = weakref.ref(self._block)
        try:
            self._view.release()
        except BufferError:
            pass
        self._view = self._block = None
        left = block()
        if left is not None:
            self._show(left)
            raise BufferError("the loan cannot be sent while NumPy arrays or slices are on its buffer: delete them first")

    def _sent(self) -> None:
        self._over = True

    def _unsent(self) -> None:
        self._show(_block_at(self._address, self.size))

    def __len__(self) -> int:
        return self.size

    def __buffer__(self, flags: int) -> memoryview:
        return self.buffer

    def __enter__(self) -> "Loan":
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return f"<Loan of {self._owner.name!r}, {'over' if self._over else f'{self.size} bytes'}>"

    def __reduce__(self) -> Any:
        raise TypeError("a loan cannot be pickled: put or send it alone")


class _Scratch(threading.local):
    """Each thread's memory for what comes beside a loan, and for messages that are too small for one."""

    def __init__(self) -> None:
        self.lent = c.Lent()
        self.at = byref(self.lent)
        self.resize(c.LOAN_META_MOST)

    def resize(self, size: int) -> None:
        self.size = size
        self.bytes = ctypes.create_string_buffer(size)


_scratch = _Scratch()


class Outgoing:
    """A loan on its way: concealed, and with its meta encoded. ``with`` shows it again unless ``done()`` was called."""

    def __init__(self, owner: Shared, loan: Loan) -> None:
        if loan.released:
            raise ClosedError("the loan was sent or released")
        if loan._process != os.getpid():
            raise ForkedError("the loan belongs to the process that forked this one")
        self.loan = loan
        self.meta, objects = (b"", []) if loan.meta is None else encode_msgpack(loan.meta)
        if len(self.meta) > c.LOAN_META_MOST:
            raise MessageTooLargeError(
                f"the loan's meta takes {len(self.meta)} bytes encoded, of {c.LOAN_META_MOST} at the most: put the rest into "
                "its buffer"
            )
        if loan._owner._name != owner._name or not loan._writable:
            raise LoanForeignError("only a loan that this object lent by alloc can be sent through it: alloc one, and copy")
        self.need = loan.size * 1024 + len(self.meta)
        self._transfer = handing_over(objects)
        self._done = False

    def __enter__(self) -> "Outgoing":
        self.loan._conceal()
        try:
            self._transfer.__enter__()
        except BaseException:
            self.loan._unsent()
            raise
        return self

    def done(self) -> None:
        self._done = True
        self._transfer.done()
        self.loan._sent()

    def __exit__(self, *error: object) -> None:
        self._transfer.__exit__(*error)
        if not self._done:
            self.loan._unsent()


class Lending(Shared):
    """What queues and connections share that have loans. They say how each of the three is tried once:"""

    #: The statuses of a wait for room and for a message.
    _no_room = c.FULL
    _no_message = c.EMPTY
    #: What the event loop waits for when there is no message.
    _message = c.NOT_EMPTY

    def _try_alloc(self, size: int, lent: Any, timeout: int, flags: int) -> int:
        raise NotImplementedError

    def _try_send_loan(self, number: int, meta: bytes, timeout: int, flags: int) -> int:
        raise NotImplementedError

    def _try_receive_loan(self, buffer: Any, size: int, lent: Any, timeout: int, flags: int) -> int:
        raise NotImplementedError

    def _gave_up(self) -> None:
        """A send that was waiting is not tried again."""

    # ---- Sending

    def alloc(self, size: int, block: bool = True, timeout: Optional[float] = None) -> Loan:
        """Memory of ``size`` bytes to fill and send, with whatever was there before. Waits only where 4 GiB are in somebody's
        hands; woken by a release. Raises as a put or send would, MessageTooLargeError, OSError (ENOSPC)."""
        self._check_size(size)
        lent = c.Lent()
        status = self._wait(
            nanoseconds(timeout, block), lambda left: self._try_alloc(size, byref(lent), left, 0), self._no_room
        )
        check(status)
        return Loan(self, lent, None, True)

    async def alloc_async(self, size: int, timeout: Optional[float] = None) -> Loan:
        """``alloc`` for asyncio."""
        self._check_size(size)
        lent = c.Lent()

        def attempt() -> Any:
            status = self._try_alloc(size, byref(lent), 0, c.ATTEMPT)
            if status == self._no_room:
                return Blocked(self, c.LENDABLE, size)
            if status == c.BUSY:
                return Blocked(self, c.PUT_FREE)
            check(status)
            return Loan(self, lent, None, True)

        return await wait(attempt, timeout, lambda: fail(self._no_room))

    @staticmethod
    def _check_size(size: int) -> None:
        if not isinstance(size, int):
            raise TypeError(f"size must be a number of bytes, not {type(size).__name__}")
        if size < 1:
            raise ValueError("size must be at least 1")

    def _send_loan(self, loan: Loan, timeout: int) -> None:
        with Outgoing(self, loan) as outgoing:
            try:
                status = self._wait(
                    timeout,
                    lambda left: self._try_send_loan(loan._number, outgoing.meta, left, c.KEEP_TURN),
                    self._no_room,
                )
            except BaseException:
                self._gave_up()
                raise
            if status != c.OK:
                self._gave_up()
                fail(status)
            outgoing.done()

    async def _send_loan_async(self, loan: Loan, timeout: Optional[float]) -> None:
        attempts = 0

        def attempt() -> Any:
            nonlocal attempts
            attempts += 1
            flags = c.ATTEMPT | (c.INSIST if attempts > 3 else 0)
            status = self._try_send_loan(loan._number, outgoing.meta, 0, flags)
            if status == self._no_room:
                return Blocked(self, c.LOAN_FITS, outgoing.need)
            if status == c.BUSY:
                return Blocked(self, c.PUT_FREE)
            check(status)
            return None

        with Outgoing(self, loan) as outgoing:
            try:
                await wait(attempt, timeout, lambda: fail(self._no_room))
            except BaseException:
                self._gave_up()
                raise
            outgoing.done()

    # ---- Receiving

    def _receive_loan(self, timeout: int) -> Loan:
        status = self._wait(timeout, lambda left: self._take_loan(left, 0), self._no_message)
        check(status)
        return self._loan_taken()

    async def _receive_loan_async(self, timeout: Optional[float]) -> Loan:
        def attempt() -> Any:
            status = self._take_loan(0, c.ATTEMPT)
            if status == self._no_message:
                return Blocked(self, self._message)
            if status == c.BUSY:
                return Blocked(self, c.GET_FREE)
            check(status)
            return self._loan_taken()

        return await wait(attempt, timeout, lambda: fail(self._no_message))

    def _take_loan(self, timeout: int, flags: int) -> int:
        mine = _scratch
        while True:
            status = self._try_receive_loan(mine.bytes, mine.size, mine.at, timeout, flags)
            if status != c.SMALL_BUFFER:
                return status
            mine.resize(mine.lent.meta_length)

    def _loan_taken(self) -> Loan:
        mine = _scratch
        lent = c.Lent.from_buffer_copy(mine.lent)
        if not lent.loan:
            return Loan(self, lent, None, False, ctypes.create_string_buffer(mine.bytes.raw[: lent.length], lent.length or 1))
        try:
            meta = decode_msgpack(bytes(mine.bytes.raw[: lent.meta_length])) if lent.meta_length else None
        except BaseException:
            lib.ip_loan_release(lent.loan)
            raise
        return Loan(self, lent, meta, False)

    def _copied_loan(self) -> Optional[bytes]:
        """For who wants the item itself: the bytes of the loan at the head, or nothing where another took it meanwhile."""
        if self._take_loan(0, c.ATTEMPT) != c.OK:
            return None
        with self._loan_taken() as loan:
            return bytes(loan.buffer)
