"""Ends of pipes change hands when a message that carries them is sent."""

from __future__ import annotations

import os
import threading
import time
from typing import Any, Iterable

from ._library import lib


class handing_over:
    """Gives the ends among ``objects`` away before the message can be seen, because its receiver may claim them at once;
    takes them back unless ``done()`` was called."""

    def __init__(self, objects: Iterable[Any]) -> None:
        self._objects = [one for one in objects if hasattr(one, "_send_away")]
        self._begun: list[Any] = []
        self._done = False

    def __enter__(self) -> "handing_over":
        try:
            for one in self._objects:
                one._send_away()
                self._begun.append(one)
        except BaseException:
            self.__exit__()
            raise
        return self

    def done(self) -> None:
        self._done = True

    def __exit__(self, *_: object) -> None:
        for one in self._begun:
            if self._done:
                keep_until_arrived(one._let_go())
            else:
                one._take_back()


_travelling: list[int] = []
_lock = threading.Lock()
_watching = False


def keep_until_arrived(number: int) -> None:
    """Somebody has to stay attached until the receiver has claimed the end, or the pipe would go."""
    global _watching
    with _lock:
        _travelling.append(number)
        if _watching:
            return
        _watching = True
    threading.Thread(target=_watch, name="interproc-transit", daemon=True).start()


def look_for_arrivals() -> bool:
    """Lets go of the ends that were claimed, or closed for good, since. Whether any is left."""
    with _lock:
        for number in list(_travelling):
            if lib.ip_pipe_arrived(number):
                _travelling.remove(number)
                lib.ip_close(number)
        return bool(_travelling)


def _watch() -> None:
    global _watching
    while True:
        time.sleep(0.1)
        if look_for_arrivals():
            continue
        with _lock:
            if not _travelling:
                _watching = False
                return


def _forget() -> None:
    """A forked child gives nothing away that its parent gave."""
    global _watching, _lock
    _travelling.clear()
    _watching = False
    _lock = threading.Lock()


os.register_at_fork(after_in_child=_forget)
