"""SharedMemory: bare bytes. They are mapped by Python's ``mmap``, so that they stay for as long as any view of them does."""

from __future__ import annotations

import mmap
import os
from ctypes import byref, c_int, c_uint64
from typing import Optional

from . import _library as c
from ._errors import ClosedError, check
from ._library import lib
from ._object import Shared, options


def map_file(number: int) -> "tuple[mmap.mmap, int, int]":
    """What an object's bytes lie in, where they begin there, and how many they are."""
    descriptor, offset, size = c_int(), c_uint64(), c_uint64()
    check(lib.ip_memory_file(number, byref(descriptor), byref(offset), byref(size)))
    try:
        return mmap.mmap(descriptor.value, offset.value + size.value), offset.value, size.value
    finally:
        os.close(descriptor.value)


def unmap(mapped: Shared) -> None:
    """Lets go of the bytes of an object that was closed. They stay for as long as any view of them does."""
    mapping: Optional[mmap.mmap] = mapped.__dict__.pop("_mapping", None)
    if mapping is not None:
        try:
            mapping.close()
        except BufferError:
            pass  # it goes with the last view


class SharedMemory(Shared):
    """Bare bytes: the object that ``multiprocessing.shared_memory.SharedMemory`` and Node.js's ``SharedMemory`` open under
    the same name. What was created here goes when the last process that uses this library has closed it, unless
    ``persist``."""

    _kind = "memory"

    def __init__(
        self,
        name: Optional[str] = None,
        create: bool = False,
        size: int = 0,
        *,
        persist: bool = False,
        mode: Optional[int] = None,
    ) -> None:
        if create and size <= 0:
            raise ValueError("size must be positive to create")
        if not create and name is None:
            raise ValueError("a name is needed to attach")
        number = c_uint64()
        how = c.CREATE if create else c.OPEN
        check(lib.ip_memory(how, options(name, None, mode, 0, persist), size, byref(number)))
        self._adopt(number.value)
        self._ready()

    def _ready(self) -> None:
        self._mapping, _, self._size = map_file(self._number)
        self._buffer: Optional[memoryview] = memoryview(self._mapping)

    @property
    def buf(self) -> memoryview:
        """The bytes, in place."""
        if self._buffer is None:
            raise ClosedError("the memory was closed")
        return self._buffer

    @property
    def size(self) -> int:
        return self._size

    def close(self) -> None:
        """Detaches. Views that exist stay valid: the memory is theirs too."""
        super().close()
        self._buffer = None
        unmap(self)
