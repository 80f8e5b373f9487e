"""Pipe and its ends."""

from __future__ import annotations

from ctypes import byref, c_int, c_uint64
from typing import Any, Optional

from . import _library as c
from ._accelerate import fast
from ._codec import codec_of, resolve_codec
from ._errors import BufferTooShort, ClosedError, ForkedError, check, fail
from ._library import lib
from ._loop import Blocked, wait
from ._loans import Lending, Loan
from ._messages import own_buffers
from ._object import nanoseconds, options
from ._transfer import handing_over, keep_until_arrived, look_for_arrivals


class Connection(Lending):
    """One end of a pipe. As ``multiprocessing.connection.Connection``. It belongs to one process at a time: sent in a
    message, or passed to a process, it is closed here and works there."""

    _kind = "connection"
    _no_room = _no_message = c.TIMEOUT
    _message = c.READABLE

    def _ready(self, codec: Any = None) -> None:
        description = c.Description()
        check(lib.ip_describe(self._number, byref(description)))
        self._end = description.end
        self._codec = codec_of(description.codec, codec)
        readable, writable = c_int(), c_int()
        check(lib.ip_pipe_abilities(self._number, byref(readable), byref(writable)))
        self._readable, self._writable = bool(readable.value), bool(writable.value)

    @property
    def handle(self) -> dict:
        """Plain data for ``attach()``. Who gives it to another process calls ``send_away()`` as well."""
        return {**super().handle, "end": self._end}

    @property
    def readable(self) -> bool:
        return self._readable and not self.closed

    @property
    def writable(self) -> bool:
        return self._writable and not self.closed

    def _reopen(self) -> None:
        raise ForkedError("this end belongs to the process that forked this one; pass it on in a message")

    @fast("pipe_send")
    def send(self, obj: Any, timeout: Optional[float] = None) -> None:
        """Waits for room; woken by a recv and by the end of the other end. Raises BrokenPipeError, TimeoutError,
        SerializationError, OSError where this end only reads.

        A loan from ``alloc`` goes without a copy, and is over then. Raises BufferError while NumPy arrays or slices are on its
        buffer, LoanForeignError, ClosedError where it is over; the loan stays as it was, with a new ``buffer``."""
        if isinstance(obj, Loan):
            self._send_loan(obj, nanoseconds(timeout))
            return
        data, objects = self._codec.encode(obj)
        if not objects:
            self._send(data, nanoseconds(timeout))
            return
        with handing_over(objects) as transfer:
            self._send(data, nanoseconds(timeout))
            transfer.done()

    def send_bytes(self, buffer: Any, offset: int = 0, size: Optional[int] = None) -> None:
        """The bytes of a buffer as one message. Raises as ``send``, ValueError for a part outside the buffer."""
        view = memoryview(buffer).cast("B")
        if offset < 0 or offset > len(view) or (size is not None and (size < 0 or offset + size > len(view))):
            raise ValueError("the part lies outside the buffer")
        self._send(bytes(view[offset:] if size is None else view[offset : offset + size]), -1)

    def _send(self, data: bytes, timeout: int) -> None:
        check(self._wait(timeout, lambda left: self._call(lib.ip_pipe_send, data, len(data), left), c.TIMEOUT))

    async def send_async(self, obj: Any, timeout: Optional[float] = None) -> None:
        """``send`` for asyncio: woken by the doorbell."""
        if isinstance(obj, Loan):
            await self._send_loan_async(obj, timeout)
            return
        data, objects = self._codec.encode(obj)

        def attempt() -> Any:
            status = self._call(lib.ip_pipe_send, data, len(data), 0)
            if status == c.TIMEOUT:
                return Blocked(self, c.WRITABLE, len(data))
            check(status)

        def expired() -> None:
            raise TimeoutError("there was no room in time")

        with handing_over(objects) as transfer:
            await wait(attempt, timeout, expired)
            transfer.done()

    @fast("pipe_recv")
    def recv(self, timeout: Optional[float] = None) -> Any:
        """The next message; waits for one, and is woken by a send and by the end of the other end. Raises EOFError when
        the other end is gone and all it sent was read, TimeoutError, OSError where this end only writes."""
        data, lent = self._receive(nanoseconds(timeout))
        try:
            return bytes(data) if lent else self._codec.decode(data)
        finally:
            own_buffers().shrink()

    def recv_loan(self, timeout: Optional[float] = None) -> Loan:
        """The next message where it lies, to be read in place: of a loan its bytes and ``meta``, of any other message its
        encoded bytes (``loan.encoded``; a small one is copied). Waits and raises as ``recv``."""
        self._need_readable()
        return self._receive_loan(nanoseconds(timeout))

    async def recv_loan_async(self, timeout: Optional[float] = None) -> Loan:
        """``recv_loan`` for asyncio. Cancelling loses no message."""
        self._need_readable()
        return await self._receive_loan_async(timeout)

    def recv_bytes(self, maxlength: Optional[int] = None) -> bytes:
        """The next message as bytes: of a ``send``, the encoded ones. A message longer than ``maxlength`` is an OSError,
        and this end is no longer readable."""
        if maxlength is not None:
            if maxlength < 0:
                raise ValueError("maxlength must not be negative")
            mine = own_buffers()
            status = self._wait(
                -1, lambda left: self._call(lib.ip_pipe_next_length, mine.length_at, left), c.TIMEOUT
            )
            check(status)
            if mine.length.value > maxlength:
                self._readable = False
                if not self._writable:
                    self.close()
                raise OSError(f"a message of {mine.length.value} bytes is longer than {maxlength}")
        return bytes(self._receive(-1)[0])

    def recv_bytes_into(self, buffer: Any, offset: int = 0) -> int:
        """The next message into a writable buffer; how long it was. Raises BufferTooShort with the message where it does
        not fit."""
        target = memoryview(buffer).cast("B")
        if offset < 0 or offset > len(target):
            raise ValueError("offset lies outside the buffer")
        data, _ = self._receive(-1)
        length = len(data)
        if length > len(target) - offset:
            raise BufferTooShort(bytes(data))
        target[offset : offset + length] = data
        return length

    def _need_readable(self) -> None:
        if not self._readable and not self.closed:
            raise OSError("this end cannot be read from")

    def _receive(self, timeout: int) -> "tuple[Any, bool]":
        """The next message's bytes, valid until this thread's next call, and whether they were lent."""
        self._need_readable()
        mine = own_buffers()

        def attempt(left: int) -> int:
            return self._call(lib.ip_pipe_receive, mine.bytes, mine.size, mine.length_at, left)

        while True:
            status = self._wait(timeout, attempt, c.TIMEOUT)
            if status == c.OK:
                return mine.view[: mine.length.value], False
            if status == c.LOAN:
                data = self._copied_loan()
                if data is not None:
                    return data, True
            elif status == c.SMALL_BUFFER:
                mine.resize(mine.length.value)
            else:
                fail(status)

    # ---- Loans (Lending)

    def _try_alloc(self, size: int, lent: Any, timeout: int, flags: int) -> int:
        return self._call(lib.ip_pipe_alloc, size, lent, timeout)

    def _try_send_loan(self, number: int, meta: bytes, timeout: int, flags: int) -> int:
        return self._call(lib.ip_pipe_send_loan, number, meta, len(meta), timeout)

    def _try_receive_loan(self, buffer: Any, size: int, lent: Any, timeout: int, flags: int) -> int:
        return self._call(lib.ip_pipe_receive_loan, buffer, size, lent, timeout)

    async def recv_async(self, timeout: Optional[float] = None) -> Any:
        """``recv`` for asyncio: woken by the doorbell. Cancelling loses no message."""

        def attempt() -> Any:
            mine = own_buffers()
            status = self._call(lib.ip_pipe_receive, mine.bytes, mine.size, mine.length_at, 0)
            if status == c.SMALL_BUFFER:
                mine.resize(mine.length.value)
                return attempt()
            if status == c.TIMEOUT:
                return Blocked(self, c.READABLE)
            if status == c.LOAN:
                lent = self._copied_loan()
                return attempt() if lent is None else (lent, True)
            check(status)
            return (bytes(mine.view[: mine.length.value]), False)

        def expired() -> None:
            raise TimeoutError("no message came in time")

        data, lent = await wait(attempt, timeout, expired)
        own_buffers().shrink()
        return data if lent else self._codec.decode(data)

    def poll(self, timeout: Optional[float] = 0.0) -> bool:
        """Whether ``recv`` would give something at once, the end of file included; waits up to ``timeout`` seconds (None:
        for ever). Takes nothing."""
        status = self._wait(
            nanoseconds(timeout), lambda left: self._call(lib.ip_pipe_next_length, None, left), c.TIMEOUT
        )
        if status in (c.OK, c.END_OF_FILE):
            return True
        if status != c.TIMEOUT:
            fail(status)
        return False

    def send_away(self) -> dict:
        """Gives this end away: it is closed here, and whoever attaches to the handle first has it."""
        handle = self.handle
        self._send_away()
        keep_until_arrived(self._let_go())
        return handle

    def close(self) -> None:
        """Closes this end; the other one is told at once. Idempotent."""
        super().close()
        look_for_arrivals()

    # For _transfer.py.
    def _send_away(self) -> None:
        check(self._call(lib.ip_pipe_send_away))

    def _take_back(self) -> None:
        check(self._call(lib.ip_pipe_take_back))

    def _let_go(self) -> int:
        number, self._number = self._number, 0
        return number

    def __reduce__(self) -> Any:
        raise TypeError("an end of a pipe cannot be pickled: send it, or use send_away() and attach()")

    def __iter__(self) -> Any:
        """Messages as they come, until the end of file."""
        while True:
            try:
                yield self.recv()
            except EOFError:
                return

    def fileno(self) -> int:
        """There is no descriptor of its own: use ``poll`` or ``recv_async``."""
        raise ClosedError("an end of a pipe in shared memory has no descriptor")


def Pipe(
    duplex: bool = True,
    *,
    name: Optional[str] = None,
    capacity: Optional[int] = None,
    max_bytes: Optional[int] = None,
    codec: Any = None,
    persist: bool = False,
    mode: Optional[int] = None,
) -> "tuple[Connection, Connection]":
    """Two connected ends; with ``duplex=False`` the first reads and the second writes. As ``multiprocessing.Pipe``.
    ``capacity`` is bytes each way, 1 MiB where not given."""
    resolved = resolve_codec(codec)
    numbers = (c_uint64 * 2)()
    limits = c.Limits(capacity or 0, 0, max_bytes or 0)
    check(lib.ip_pipe(options(name, None, mode, resolved.id, persist), byref(limits), 1 if duplex else 0, numbers))
    first = Connection._from_number(numbers[0], codec=codec)
    return first, Connection._from_number(numbers[1], codec=codec)
