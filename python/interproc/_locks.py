"""Lock, RLock, Semaphore, BoundedSemaphore."""

from __future__ import annotations

from ctypes import byref, c_int, c_uint32, c_uint64
from typing import Any, Callable, Optional

from . import _library as c
from ._accelerate import fast
from ._errors import check, fail
from ._library import lib
from ._loop import Blocked, wait
from ._object import Shared, nanoseconds, options


class Locking(Shared):
    """What has a lock: acquire and release it."""

    #: Whether the last acquisition took over from a holder that died holding it: what it guards may be half done.
    abandoned: bool = False

    @fast("lock_acquire")
    def acquire(self, block: bool = True, timeout: Optional[float] = None) -> bool:
        """True when this thread holds the lock, False when ``timeout`` seconds have passed. Woken by its release; a
        holder's death is seen within 100 ms. Raises DeadlockError where the wait has no limit and this thread holds it."""
        found = c_int()
        # A negative time is none, as in threading; with `block=False` there is nothing to wait for.
        limit = nanoseconds(None if timeout is not None and timeout < 0 else timeout, block)
        if limit < 0 and self._call(lib.ip_lock_acquire, 0, byref(found)) == c.OK:
            status = c.OK
        else:
            self._refuse_deadlock(limit)
            status = self._wait(limit, lambda left: self._call(lib.ip_lock_acquire, left, byref(found)), c.TIMEOUT)
        return self._acquired(status, found)

    def _refuse_deadlock(self, limit: int) -> None:
        # A slice of a wait looks limited to the library.
        if limit < 0 and self._call(lib.ip_lock_state) == 2:
            from ._errors import DeadlockError

            raise DeadlockError("this thread holds the lock itself, so waiting for it could never end")

    def _acquired(self, status: int, found: c_int) -> bool:
        if status == c.TIMEOUT:
            return False
        check(status)
        self.abandoned = bool(found.value)
        return True

    async def acquire_async(self, timeout: Optional[float] = None) -> bool:
        """``acquire`` for asyncio: woken by the doorbell. The owner is the thread of the event loop: between its tasks a
        ``Lock`` excludes, a recursive one does not."""
        found = c_int()

        def attempt() -> Any:
            status = self._call(lib.ip_lock_acquire, 0, byref(found))
            return Blocked(self, c.FREE) if status == c.TIMEOUT else self._acquired(status, found)

        return await wait(attempt, timeout, lambda: False)

    @fast("lock_release")
    def release(self) -> None:
        """Raises LockNotOwnedError where this thread does not hold it."""
        check(self._call(lib.ip_lock_release))

    def locked(self) -> bool:
        """Whether anybody alive holds it."""
        return self._call(lib.ip_lock_state) > 0

    def __enter__(self) -> Any:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    async def __aenter__(self) -> Any:
        await self.acquire_async()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()


def make(cls: Any, function: Callable[..., int], how: int, given: Any, *arguments: Any) -> Any:
    number = c_uint64()
    check(function(how, given, *arguments, byref(number)))
    return cls._from_number(number.value)


class _Simple(Shared):
    """What needs nothing but a name."""

    _function: Any = None

    def __init__(self, *, name: Optional[str] = None, persist: bool = False, mode: Optional[int] = None) -> None:
        number = c_uint64()
        check(type(self)._function(c.CREATE, options(name, None, mode, 0, persist), byref(number)))
        self._adopt(number.value)
        self._ready()

    @classmethod
    def open(cls, name: str) -> Any:
        """Attaches by name. Raises FileNotFoundError, LayoutMismatchError."""
        return make(cls, cls._function, c.OPEN, options(name))

    @classmethod
    def open_or_create(cls, name: str, *, persist: bool = False, mode: Optional[int] = None) -> Any:
        """Attaches, or creates where there is none."""
        return make(cls, cls._function, c.OPEN_OR_CREATE, options(name, None, mode, 0, persist))


class Lock(_Simple, Locking):
    """Mutual exclusion between threads of any processes. As ``multiprocessing.Lock``, but with an owner: only the thread
    that holds it may release it, and a lock whose holder was killed is free again (``abandoned`` says so)."""

    _kind = "lock"
    _function = lib.ip_lock


class RLock(_Simple, Locking):
    """A lock that its holder may take again. As ``multiprocessing.RLock``."""

    _kind = "rlock"
    _function = lib.ip_rlock

    def _refuse_deadlock(self, limit: int) -> None:
        pass


class Semaphore(Shared):
    """A POSIX named semaphore, which any program opens as ``/`` + name. As ``multiprocessing.Semaphore``."""

    _kind = "semaphore"
    _bounded = 0

    def __init__(
        self, value: int = 1, *, name: Optional[str] = None, persist: bool = False, mode: Optional[int] = None
    ) -> None:
        if value < 0:
            raise ValueError("value must not be negative")
        number = c_uint64()
        check(lib.ip_semaphore(c.CREATE, options(name, None, mode, 0, persist), value, self._bounded, byref(number)))
        self._adopt(number.value)

    @classmethod
    def open(cls, name: str) -> Any:
        """Attaches by name, to what other programs made too."""
        return make(cls, lib.ip_semaphore, c.OPEN, options(name), 0, cls._bounded)

    def acquire(self, block: bool = True, timeout: Optional[float] = None) -> bool:
        """Takes a permit; waits for one, and is woken by a post of any program. False when time ran out."""
        limit = nanoseconds(None if timeout is not None and timeout < 0 else timeout, block)
        status = self._wait(limit, lambda left: self._call(lib.ip_semaphore_acquire, left), c.TIMEOUT)
        if status not in (c.OK, c.TIMEOUT):
            fail(status)
        return status == c.OK

    async def acquire_async(self, timeout: Optional[float] = None) -> bool:
        """``acquire`` for asyncio: woken by the doorbell."""

        def attempt() -> Any:
            status = self._call(lib.ip_semaphore_acquire, 0)
            if status == c.TIMEOUT:
                return Blocked(self, c.PERMIT)
            check(status)
            return True

        return await wait(attempt, timeout, lambda: False)

    def release(self, n: int = 1) -> None:
        """Gives ``n`` permits. Raises ValueError where a bounded one would rise above its first value."""
        if n < 1:
            raise ValueError("n must be at least 1")
        check(self._call(lib.ip_semaphore_release, n))

    def get_value(self) -> int:
        """Permits there are now."""
        value = c_uint32()
        check(self._call(lib.ip_semaphore_value, byref(value)))
        return value.value

    def __enter__(self) -> Any:
        self.acquire()
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    async def __aenter__(self) -> Any:
        await self.acquire_async()
        return self

    async def __aexit__(self, *_: object) -> None:
        self.release()


class BoundedSemaphore(Semaphore):
    """As ``multiprocessing.BoundedSemaphore``."""

    _kind = "bounded-semaphore"
    _bounded = 1
