"""A Python program that a Node.js program started (``new Process({ command: ['python3', 'worker.py'], args })``)."""

from __future__ import annotations

import json
import os
import signal
import threading
from typing import Any, NamedTuple, Optional

from ._attach import attach
from ._errors import ClosedError, InterprocError

_VARIABLE = "INTERPROC_ARGS"


class ParentProcess(NamedTuple):
    """Who started this process."""

    pid: int
    name: str


class _Boot:
    taken = False
    arguments: "list[Any]" = []
    name = "MainProcess"
    parent: Optional[ParentProcess] = None
    lock = threading.Lock()


def args() -> "list[Any]":
    """What the process that started this one passed as ``args``, shared objects attached; an empty list where nobody did.
    Waits until they are there, which they are before this process begins. The first call takes them; later ones give the
    same list. A daemon ends with its parent from the first call on.
    Raises InterprocError where the parent ended before this one had its arguments."""
    with _Boot.lock:
        if not _Boot.taken:
            _take()
            _Boot.taken = True
    return _Boot.arguments


def process_name() -> str:
    """The name that the starter gave this process."""
    args()
    return _Boot.name


def parent_process() -> Optional[ParentProcess]:
    """Who started this process; None where it was no program of this library."""
    args()
    return _Boot.parent


def _take() -> None:
    text = os.environ.pop(_VARIABLE, None)
    if text is None:
        return
    try:
        pipe = attach({"interproc": 1, "kind": "connection", "name": json.loads(text)["pipe"], "end": 1})
        message = pipe.recv()
    except (EOFError, OSError, InterprocError) as error:
        raise InterprocError("the process that started this one ended before this one had its arguments") from error
    _Boot.arguments = message["args"]
    identity = message["identity"]
    _Boot.name = identity["name"]
    _Boot.parent = ParentProcess(identity["parent"]["pid"], identity["parent"]["name"])
    pipe.send({"taken": True})
    if identity["daemon"]:
        threading.Thread(target=_end_with, args=(pipe,), name="interproc-parent", daemon=True).start()
    else:
        pipe.close()


def _end_with(pipe: Any) -> None:
    """Ends this process when its parent is gone: the end of file comes within 100 ms of a kill."""
    try:
        while True:
            pipe.recv()
    except ClosedError:
        return  # this process is ending by itself, and has let go of everything
    except Exception:
        os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(1)
    os.kill(os.getpid(), signal.SIGKILL)
