"""libinterproc.so, the C interface (native/include/interproc.h), as ctypes sees it."""

from __future__ import annotations

import ctypes
import os
import platform
from ctypes import POINTER, c_char_p, c_double, c_int, c_int32, c_int64, c_size_t, c_uint32, c_uint64, c_void_p
from pathlib import Path
from typing import Iterator

ABI_MAJOR, ABI_MINOR = 1, 1

OK, EMPTY, FULL, BUSY, TIMEOUT, INTERRUPTED, SHUT_DOWN, END_OF_FILE, BROKEN_PIPE, SMALL_BUFFER = range(10)
TOO_LARGE, NOT_OWNED, DEADLOCK, BROKEN_BARRIER, TASK_DONE, TASKS_LOST, ABOVE_BOUND, END_TAKEN = range(10, 18)
NOT_READABLE, NOT_WRITABLE, NO_LOCK, WAIT_AGAIN, ACT, LOAN, LOAN_FOREIGN = range(18, 25)
CLOSED, FORKED, INVALID, SYSTEM, CORRUPT, LAYOUT_MISMATCH, OPTIONS_MISMATCH, FOREIGN_OWNER, TOO_MANY = range(32, 41)
FOREIGN, OLDER_LAYOUT, NEWER_LAYOUT = range(41, 44)

CREATE, OPEN, OPEN_OR_CREATE = range(3)

# Flags of queue operations.
ATTEMPT, INSIST, KEEP_TURN = 1, 2, 4

# Conditions.
NOT_EMPTY, NOT_FULL, PUT_FREE, GET_FREE, JOINED, LENDABLE, LOAN_FITS = range(7)
READABLE, WRITABLE = 0, 1
FREE = PERMIT = PASSED = OVER = 0
NOTIFIED = OPEN_AGAIN = 1


LOAN_META_MOST = 1000


class Options(ctypes.Structure):
    _fields_ = [
        ("name", c_char_p),
        ("meta", c_char_p),
        ("mode", c_uint32),
        ("codec", c_uint32),
        ("persist", c_uint32),
        ("reserved", c_uint32),
    ]


class Limits(ctypes.Structure):
    _fields_ = [("capacity", c_uint64), ("max_items", c_uint64), ("max_bytes", c_uint64)]


class Cell(ctypes.Structure):
    _fields_ = [
        ("type", c_char_p),
        ("length", c_uint64),
        ("size", c_uint64),
        ("initial", c_char_p),
        ("initial_bytes", c_size_t),
        ("lock", c_int),
    ]


class Description(ctypes.Structure):
    _fields_ = [("mode", c_uint32), ("codec", c_uint32), ("persist", c_uint32), ("end", c_uint32)]


class Lent(ctypes.Structure):
    _fields_ = [
        ("loan", c_uint64),
        ("bytes", c_void_p),
        ("length", c_uint64),
        ("meta_length", c_uint64),
        ("encoded", c_uint32),
        ("reserved", c_uint32),
    ]


_object = c_uint64
_out = POINTER(c_uint64)
_size = POINTER(c_size_t)
_text = [_object, c_char_p, c_size_t, _size]
_make = [c_uint32, POINTER(Options)]

# Functions and their arguments; all return a status unless `_results` says otherwise.
_functions: dict[str, list] = {
    "ip_abi_version": [],
    "ip_strerror": [c_int32],
    "ip_last_message": [],
    "ip_last_errno": [],
    "ip_attach": [c_char_p, _out],
    "ip_handle": _text,
    "ip_kind": [_object],
    "ip_name": _text,
    "ip_meta": _text,
    "ip_describe": [_object, POINTER(Description)],
    "ip_close": [_object],
    "ip_unlink": [_object],
    "ip_unlink_name": [c_char_p],
    "ip_is_current": [_object],
    "ip_close_all": [c_int],
    "ip_sweep": [],
    "ip_wait": [_object, c_uint32, c_uint64, c_int64],
    "ip_doorbell": [POINTER(c_int)],
    "ip_doorbell_drain": [],
    "ip_arm": [_object, c_uint32, c_uint64, POINTER(c_int)],
    "ip_disarm": [_object, c_uint32, c_uint64],
    "ip_look": [_object, c_uint32, c_uint64],
    "ip_queue": [*_make, POINTER(Limits), c_uint32, _out],
    "ip_queue_limits": [_object, POINTER(Limits)],
    "ip_queue_put": [_object, c_char_p, c_size_t, c_int64, c_uint32],
    "ip_queue_put_priority": [_object, c_char_p, c_size_t, c_double, c_int64, c_uint32],
    "ip_queue_put_many": [_object, c_char_p, POINTER(c_uint32), c_uint32, c_int64, c_uint32, POINTER(c_uint32)],
    "ip_queue_give_up": [_object],
    "ip_queue_get": [_object, c_void_p, c_size_t, _size, c_int64, c_uint32],
    "ip_queue_get_many": [
        _object, c_void_p, c_size_t, POINTER(c_uint32), c_uint32, POINTER(c_uint32), _size, c_int64, c_uint32,
    ],
    "ip_queue_size": [_object, POINTER(c_uint64)],
    "ip_queue_room": [_object],
    "ip_queue_shut_down": [_object, c_int],
    "ip_queue_task_done": [_object],
    "ip_queue_join": [_object, c_int64, POINTER(c_uint64)],
    "ip_queue_join_once": [_object, POINTER(c_uint64)],
    "ip_queue_alloc": [_object, c_uint64, POINTER(Lent), c_int64, c_uint32],
    "ip_queue_put_loan": [_object, c_uint64, c_char_p, c_size_t, c_int64, c_uint32],
    "ip_queue_get_loan": [_object, c_void_p, c_size_t, POINTER(Lent), c_int64, c_uint32],
    "ip_pipe_alloc": [_object, c_uint64, POINTER(Lent), c_int64],
    "ip_pipe_send_loan": [_object, c_uint64, c_char_p, c_size_t, c_int64],
    "ip_pipe_receive_loan": [_object, c_void_p, c_size_t, POINTER(Lent), c_int64],
    "ip_loan_release": [c_uint64],
    "ip_pipe": [POINTER(Options), POINTER(Limits), c_int, _out],
    "ip_pipe_claim": [c_char_p, c_uint32, _out],
    "ip_pipe_send_away": [_object],
    "ip_pipe_take_back": [_object],
    "ip_pipe_arrived": [_object],
    "ip_pipe_send": [_object, c_char_p, c_size_t, c_int64],
    "ip_pipe_receive": [_object, c_void_p, c_size_t, _size, c_int64],
    "ip_pipe_next_length": [_object, _size, c_int64],
    "ip_pipe_abilities": [_object, POINTER(c_int), POINTER(c_int)],
    "ip_value": [*_make, POINTER(Cell), _out],
    "ip_array": [*_make, POINTER(Cell), _out],
    "ip_cell_type": _text,
    "ip_lock": [*_make, _out],
    "ip_rlock": [*_make, _out],
    "ip_lock_acquire": [_object, c_int64, POINTER(c_int)],
    "ip_lock_release": [_object],
    "ip_lock_state": [_object],
    "ip_lock_depth": [_object],
    "ip_semaphore": [*_make, c_uint32, c_int, _out],
    "ip_semaphore_acquire": [_object, c_int64],
    "ip_semaphore_release": [_object, c_uint32],
    "ip_semaphore_value": [_object, POINTER(c_uint32)],
    "ip_semaphore_unlink_name": [c_char_p],
    "ip_event": [*_make, _out],
    "ip_event_set": [_object],
    "ip_event_clear": [_object],
    "ip_event_is_set": [_object],
    "ip_event_begin": [_object, POINTER(c_uint64)],
    "ip_event_passed": [_object, c_uint64],
    "ip_condition": [*_make, _object, _out],
    "ip_condition_lock": [_object, _out],
    "ip_condition_notify": [_object, c_uint32],
    "ip_condition_enter": [_object],
    "ip_condition_take": [_object],
    "ip_condition_leave": [_object],
    "ip_barrier": [*_make, c_uint32, _out],
    "ip_barrier_abort": [_object],
    "ip_barrier_reset": [_object],
    "ip_barrier_state": [_object, POINTER(c_uint32), POINTER(c_uint32), POINTER(c_int)],
    "ip_barrier_arrive": [_object, c_int, POINTER(c_uint64)],
    "ip_barrier_look": [_object, c_uint64, POINTER(c_uint32)],
    "ip_barrier_acted": [_object, c_uint64],
    "ip_barrier_break": [_object, c_uint64],
    "ip_barrier_withdraw": [_object, c_uint64, c_int],
    "ip_compare_exchange": [c_void_p, c_size_t, c_void_p, c_void_p, POINTER(c_int)],
    "ip_memory": [*_make, c_size_t, _out],
    "ip_memory_file": [_object, POINTER(c_int), POINTER(c_uint64), POINTER(c_uint64)],
}

_results = {
    "ip_abi_version": c_uint32,
    "ip_strerror": c_char_p,
    "ip_last_message": c_char_p,
    "ip_kind": c_char_p,
    "ip_close_all": None,
    "ip_doorbell_drain": None,
    "ip_queue_give_up": None,
    "ip_lock_depth": c_uint32,
}


def _candidates() -> Iterator[str]:
    """Where the library may be, the likeliest first."""
    given = os.environ.get("INTERPROC_LIBRARY")
    if given:
        yield given
        return  # what was named is what is meant
    here = Path(__file__).resolve().parent
    root = here.parent.parent
    arch = {"x86_64": "x64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    for folder in (here, root / "build" / "Release", root / "prebuilds" / f"linux-{arch}"):
        for name in ("libinterproc.so.1", "libinterproc.so"):
            if (folder / name).exists():
                yield str(folder / name)
    yield "libinterproc.so.1"


def _load() -> ctypes.CDLL:
    problems = []
    for path in _candidates():
        try:
            library = ctypes.CDLL(path)
        except OSError as error:
            problems.append(str(error))
            continue
        library.ip_abi_version.restype = c_uint32
        major, minor = divmod(library.ip_abi_version(), 1 << 16)
        if major != ABI_MAJOR or minor < ABI_MINOR:
            problems.append(f"{path}: its interface has version {major}.{minor}, not {ABI_MAJOR}.{ABI_MINOR}")
            continue
        for name, arguments in _functions.items():
            function = getattr(library, name)
            function.argtypes = arguments
            function.restype = _results.get(name, c_int32)
        return library
    raise ImportError(
        "libinterproc.so.1 was not found. Set INTERPROC_LIBRARY to its path, or build it: cmake -B build && "
        "cmake --build build\n" + "\n".join(problems)
    )


lib = _load()
