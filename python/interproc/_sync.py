"""Event, Condition, Barrier."""

from __future__ import annotations

import threading
import time
from ctypes import byref, c_int, c_uint32, c_uint64
from typing import Any, Callable, Optional

from . import _library as c
from ._errors import check, fail
from ._library import lib
from ._locks import Locking, Lock, RLock, _Simple, make
from ._loop import Blocked, wait
from ._object import Shared, nanoseconds, options


class Event(_Simple):
    """A flag that many can wait for. As ``multiprocessing.Event``."""

    _kind = "event"
    _function = lib.ip_event

    def is_set(self) -> bool:
        return self._call(lib.ip_event_is_set) == 1

    def set(self) -> None:
        """Wakes everybody who waits, in every process, even where it is cleared again at once."""
        check(self._call(lib.ip_event_set))

    def clear(self) -> None:
        check(self._call(lib.ip_event_clear))

    def wait(self, timeout: Optional[float] = None) -> bool:
        """True once it is set, or was since the call; False when ``timeout`` seconds have passed."""
        since = self._begin()
        deadline = None if timeout is None else time.monotonic() + timeout
        while True:
            if self._passed(since):
                return True
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            limit = nanoseconds(0.05 if left is None else min(left, 0.05))
            status = self._call(lib.ip_wait, c.PASSED, since, limit)
            if status not in (c.OK, c.TIMEOUT):
                fail(status)

    async def wait_async(self, timeout: Optional[float] = None) -> bool:
        """``wait`` for asyncio: woken by the doorbell."""
        since = self._begin()
        return await wait(lambda: True if self._passed(since) else Blocked(self, c.PASSED, since), timeout, lambda: False)

    def _begin(self) -> int:
        since = c_uint64()
        check(self._call(lib.ip_event_begin, byref(since)))
        return since.value

    def _passed(self, since: int) -> bool:
        status = self._call(lib.ip_event_passed, since)
        if status not in (c.OK, c.WAIT_AGAIN):
            fail(status)
        return status == c.OK


class Condition(Locking):
    """As ``multiprocessing.Condition``. Without a ``lock`` it has a recursive one of its own."""

    _kind = "condition"

    def __init__(
        self, lock: Any = None, *, name: Optional[str] = None, persist: bool = False, mode: Optional[int] = None
    ) -> None:
        if lock is not None and not isinstance(lock, (Lock, RLock)):
            raise TypeError("lock must be a Lock or an RLock")
        number = c_uint64()
        given = 0 if lock is None else lock._number
        check(lib.ip_condition(c.CREATE, options(name, None, mode, 0, persist), given, byref(number)))
        self._adopt(number.value)
        self._ready()

    @classmethod
    def open(cls, name: str) -> Any:
        """Attaches by name, to its lock as well."""
        return make(cls, lib.ip_condition, c.OPEN, options(name), 0)

    def _ready(self) -> None:
        number = c_uint64()
        check(lib.ip_condition_lock(self._number, byref(number)))
        self._recursive = lib.ip_kind(number.value) != b"lock"

    def _refuse_deadlock(self, limit: int) -> None:
        if not self._recursive:
            super()._refuse_deadlock(limit)

    def notify(self, n: int = 1) -> None:
        """Wakes ``n`` waits. Raises LockNotOwnedError where this thread does not hold the lock."""
        check(self._call(lib.ip_condition_notify, n))

    def notify_all(self) -> None:
        self.notify(0xFFFFFFFF)

    def wait(self, timeout: Optional[float] = None) -> bool:
        """Releases the lock, all levels, waits to be notified, and has it again when this returns or raises. False when
        ``timeout`` seconds have passed without a notification."""
        check(self._call(lib.ip_condition_enter))
        depth = self._release_all()
        deadline = None if timeout is None else time.monotonic() + timeout
        notified = False
        try:
            while not notified:
                notified = self._take()
                left = None if deadline is None else deadline - time.monotonic()
                if notified or (left is not None and left <= 0):
                    break
                limit = nanoseconds(0.05 if left is None else min(left, 0.05))
                self._call(lib.ip_wait, c.NOTIFIED, 0, limit)
        finally:
            if not notified:
                notified = self._call(lib.ip_condition_leave) == c.OK
            for _ in range(depth):
                self.acquire()
        return notified

    async def wait_async(self, timeout: Optional[float] = None) -> bool:
        """``wait`` for asyncio: woken by the doorbell."""
        check(self._call(lib.ip_condition_enter))
        depth = self._release_all()
        notified = False
        try:
            notified = await wait(
                lambda: True if self._take() else Blocked(self, c.NOTIFIED), timeout, lambda: False
            )
        finally:
            if not notified:
                notified = self._call(lib.ip_condition_leave) == c.OK
            for _ in range(depth):
                await self.acquire_async()
        return notified

    def wait_for(self, predicate: Callable[[], Any], timeout: Optional[float] = None) -> Any:
        """Waits until ``predicate()``, called with the lock held, gives something true; what it gave last."""
        deadline = None if timeout is None else time.monotonic() + timeout
        result = predicate()
        while not result:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                break
            self.wait(left)
            result = predicate()
        return result

    def _take(self) -> bool:
        status = self._call(lib.ip_condition_take)
        if status not in (c.OK, c.WAIT_AGAIN):
            fail(status)
        return status == c.OK

    def _release_all(self) -> int:
        depth = self._call(lib.ip_lock_depth)
        for _ in range(depth):
            self.release()
        return depth


class Barrier(Shared):
    """As ``multiprocessing.Barrier``: ``parties`` waits let each other go, round after round. ``action`` runs once in each
    round, in a party whose handle has it. A party that times out, dies or whose action raises breaks the barrier."""

    _kind = "barrier"
    _action: Optional[Callable[[], Any]] = None
    _timeout: Optional[float] = None

    def __init__(
        self,
        parties: int,
        action: Optional[Callable[[], Any]] = None,
        timeout: Optional[float] = None,
        *,
        name: Optional[str] = None,
        persist: bool = False,
        mode: Optional[int] = None,
    ) -> None:
        meta = '{"timeout":' + ("null" if timeout is None else repr(timeout * 1000)) + "}"
        number = c_uint64()
        check(lib.ip_barrier(c.CREATE, options(name, meta, mode, 0, persist), parties, byref(number)))
        self._adopt(number.value)
        self._ready()
        self._action = action

    @classmethod
    def open(cls, name: str, action: Optional[Callable[[], Any]] = None) -> Any:
        """Attaches by name; ``action`` is for this handle."""
        made = make(cls, lib.ip_barrier, c.OPEN, options(name), 0)
        made._action = action
        return made

    def _ready(self) -> None:
        import json

        from ._object import text_of

        milliseconds = json.loads(text_of(lib.ip_meta, self._number)).get("timeout")
        self._timeout = milliseconds / 1000 if isinstance(milliseconds, (int, float)) else None

    def wait(self, timeout: Optional[float] = None) -> int:
        """This party's index, 0 to parties - 1, each once in a round. Raises threading.BrokenBarrierError; what its action
        raised."""
        limit = self._timeout if timeout is None else timeout
        deadline = None if limit is None else time.monotonic() + limit

        def pause(condition: int, round: int) -> bool:
            left = None if deadline is None else deadline - time.monotonic()
            if left is not None and left <= 0:
                return False
            self._call(lib.ip_wait, condition, round, nanoseconds(0.05 if left is None else min(left, 0.05)))
            return True

        round = self._arrive()
        while round < 0:
            if not pause(c.OPEN_AGAIN, -1 - round):
                self.abort()
            round = self._arrive()
        try:
            while True:
                index = self._look(round)
                if index is not None:
                    return index
                if not pause(c.OVER, round):
                    check(self._call(lib.ip_barrier_break, round))
        except BaseException:
            self._call(lib.ip_barrier_break, round)
            raise

    async def wait_async(self, timeout: Optional[float] = None) -> int:
        """``wait`` for asyncio: woken by the doorbell. A cancelled wait breaks the barrier."""

        def arrive() -> Any:
            round = self._arrive()
            return round if round >= 0 else Blocked(self, c.OPEN_AGAIN, -1 - round)

        def expired() -> None:
            self.abort()
            raise threading.BrokenBarrierError

        limit = self._timeout if timeout is None else timeout
        deadline = None if limit is None else time.monotonic() + limit
        round = await wait(arrive, limit, expired)

        def look() -> Any:
            index = self._look(round)
            return Blocked(self, c.OVER, round) if index is None else index

        def late() -> Any:
            check(self._call(lib.ip_barrier_break, round))
            return self._look(round)

        try:
            return await wait(look, None if deadline is None else deadline - time.monotonic(), late)
        except BaseException:
            self._call(lib.ip_barrier_break, round)
            raise

    def _arrive(self) -> int:
        """The round; -1 - round where that round takes no more."""
        round = c_uint64()
        status = self._call(lib.ip_barrier_arrive, 0 if self._action is None else 1, byref(round))
        if status == c.WAIT_AGAIN:
            return -1 - round.value
        check(status)
        return round.value

    def _look(self, round: int) -> Optional[int]:
        index = c_uint32()
        status = self._call(lib.ip_barrier_look, round, byref(index))
        if status == c.ACT:
            if self._action is not None:
                self._action()
            check(self._call(lib.ip_barrier_acted, round))
            return self._look(round)
        if status == c.WAIT_AGAIN:
            return None
        check(status)
        return index.value

    def abort(self) -> None:
        """Breaks the barrier."""
        check(self._call(lib.ip_barrier_abort))

    def reset(self) -> None:
        """Makes it whole and empty; who waits gets BrokenBarrierError."""
        check(self._call(lib.ip_barrier_reset))

    def _state(self) -> "tuple[int, int, bool]":
        parties, waiting, broken = c_uint32(), c_uint32(), c_int()
        check(self._call(lib.ip_barrier_state, byref(parties), byref(waiting), byref(broken)))
        return parties.value, waiting.value, bool(broken.value)

    @property
    def parties(self) -> int:
        return self._state()[0]

    @property
    def n_waiting(self) -> int:
        return self._state()[1]

    @property
    def broken(self) -> bool:
        return self._state()[2]
