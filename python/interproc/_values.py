"""Value and Array: typed memory. It is mapped by Python's ``mmap``, so that it stays for as long as any view of it does:
NumPy arrays and memoryviews never dangle."""

from __future__ import annotations

import ctypes
import json
from ctypes import byref, c_uint64
from typing import Any, Iterable, Optional, Union

from . import _atomics
from . import _library as c
from ._elements import checked, codes, parts_of, resolve, stored, text_as_given, text_of_type, type_of_text
from ._errors import ClosedError, CorruptSegmentError, InterprocError, OptionsMismatchError, check
from ._library import lib
from ._locks import Locking, Lock, RLock
from ._memory import map_file, unmap
from ._object import options, text_of


class _Cell(Locking):
    """What a value and an array have in common."""

    def _create(
        self, given: Any, kind: Any, length: int, initial: bytes, lock: Any, name: Any, persist: bool, mode: Any
    ) -> None:
        if isinstance(lock, (Lock, RLock)):
            described: Any = lock.handle
        elif isinstance(lock, bool):
            described = lock
        else:
            raise TypeError("lock must be True, False, a Lock or an RLock")
        text = text_as_given(given, kind)
        meta = json.dumps({"kind": self._kind, "type": text, "length": length, "lock": described}, separators=(",", ":"))
        size = ctypes.sizeof(kind)
        cell = c.Cell((text if isinstance(text, str) else "struct").encode(), length, size, initial, len(initial), 0)
        number = c_uint64()
        make = lib.ip_value if self._kind == "value" else lib.ip_array
        check(make(c.CREATE, options(name, meta, mode, 0, persist), byref(cell), byref(number)))
        self._adopt(number.value)
        self._ready()

    def _ready(self) -> None:
        meta = json.loads(text_of(lib.ip_meta, self._number))
        self._type = type_of_text(meta.get("type"))
        self._mapping, self._offset, size = map_file(self._number)
        length = meta.get("length")
        if not isinstance(length, int) or length * ctypes.sizeof(self._type) != size:
            raise CorruptSegmentError(f"the length of '{self._name}' does not fit its memory")
        self._length = length
        self._has_lock = meta.get("lock") is not False
        self._recursive = isinstance(meta.get("lock"), dict) and meta["lock"].get("kind") == "rlock"

    def _refuse_deadlock(self, limit: int) -> None:
        if not self._recursive:
            super()._refuse_deadlock(limit)

    @classmethod
    def _open(cls, name: str) -> Any:
        number = c_uint64()
        make = lib.ip_value if cls._kind == "value" else lib.ip_array
        check(make(c.OPEN, options(name), None, byref(number)))
        return cls._from_number(number.value)

    def get_lock(self) -> Any:
        """What guards it: this object's ``acquire`` and ``release``."""
        if not self._has_lock:
            raise InterprocError("this object was created with lock=False")
        return self

    def get_obj(self) -> Any:
        """The object itself: access takes no lock here."""
        return self

    def close(self) -> None:
        """Detaches. Views that exist stay valid: the memory is theirs too."""
        super().close()
        self.__dict__.pop("_object", None)
        unmap(self)

    def _at(self, kind: Any) -> Any:
        """A ctypes object on the memory. Kept: making one costs more than using it."""
        found = self.__dict__.get("_object")
        if found is None:
            if self.closed:
                raise ClosedError("the object was closed")
            found = self._object = kind.from_buffer(self._mapping, self._offset)
        return found


class Value(_Cell):
    """One C value in shared memory. As ``multiprocessing.Value``. Reading and writing ``value`` takes no lock: ``with
    value:`` (or ``value.get_lock()``) guards several steps. A struct's fields are attributes of ``value``."""

    _kind = "value"

    def __init__(
        self,
        typecode_or_type: Any,
        *args: Any,
        lock: Union[bool, Lock, RLock] = True,
        name: Optional[str] = None,
        persist: bool = False,
        mode: Optional[int] = None,
    ) -> None:
        kind = resolve(typecode_or_type)
        initial = bytes(checked(kind, args)) if args else b""
        self._create(typecode_or_type, kind, 1, initial, lock, name, persist, mode)

    @classmethod
    def open(cls, name: str, typecode_or_type: Any = None) -> Any:
        """Attaches by name. Raises OptionsMismatchError where ``typecode_or_type`` is given and it is of another."""
        made = cls._open(name)
        _same_type(made, typecode_or_type, None)
        return made

    @property
    def value(self) -> Any:
        """What is in memory now. Raises ClosedError."""
        found = self._at(self._type)
        return found if isinstance(found, ctypes.Structure) else found.value

    @value.setter
    def value(self, value: Any) -> None:
        found = self._at(self._type)
        if isinstance(found, ctypes.Structure):
            ctypes.memmove(ctypes.byref(found), ctypes.byref(checked(self._type, (value,))), ctypes.sizeof(found))
        else:
            found.value = checked(self._type, (value,)).value

    def add(self, operand: Any) -> Any:
        """Adds and gives the value from before, in one atomic step. Raises OverflowError where the sum is out of range: then
        nothing has changed. So do ``sub``, ``and_``, ``or_``, ``xor`` and ``exchange`` what their names say."""
        return self._update(lambda before: before + operand)

    def sub(self, operand: Any) -> Any:
        return self._update(lambda before: before - operand)

    def and_(self, operand: int) -> int:
        return self._update(lambda before: before & operand, bits=True)

    def or_(self, operand: int) -> int:
        return self._update(lambda before: before | operand, bits=True)

    def xor(self, operand: int) -> int:
        return self._update(lambda before: before ^ operand, bits=True)

    def exchange(self, value: Any) -> Any:
        return self._update(lambda _: value)

    def compare_exchange(self, expected: Any, value: Any) -> Any:
        """Stores ``value`` if ``expected`` is there, compared bit by bit, and gives what was there. One atomic step."""
        return _atomics.compare_exchange(self._at(self._type), self._type, expected, value, checked)

    def _update(self, change: Any, bits: bool = False) -> Any:
        return _atomics.update(self._at(self._type), self._type, change, checked, bits)


def _same_type(made: Any, kind: Any, length: Optional[int]) -> None:
    if kind is not None and text_of_type(resolve(kind)) != text_of_type(made._type):
        made.close()
        raise OptionsMismatchError(f"'{made._name}' exists with another type")
    if length is not None and length != made._length:
        made.close()
        raise OptionsMismatchError(f"'{made._name}' exists with another length")


class Array(_Cell):
    """C values in shared memory. As ``multiprocessing.Array``: indices and slices read and write, without a lock. It is a
    buffer through ``memoryview(array.view)``; ``array.numpy()`` and ``numpy.frombuffer(array.view, dtype)`` are arrays on
    the very memory, which stays for as long as they do."""

    _kind = "array"

    def __init__(
        self,
        typecode_or_type: Any,
        size_or_initializer: Union[int, Iterable[Any]],
        *,
        lock: Union[bool, Lock, RLock] = True,
        name: Optional[str] = None,
        persist: bool = False,
        mode: Optional[int] = None,
    ) -> None:
        kind = resolve(typecode_or_type)
        if isinstance(size_or_initializer, int):
            if size_or_initializer < 0:
                raise ValueError("the size must not be negative")
            length, initial = size_or_initializer, b""
        else:
            parts = [checked(kind, (part,)) for part in parts_of(kind, size_or_initializer)]
            length, initial = len(parts), b"".join(bytes(part) for part in parts)
        self._create(typecode_or_type, kind, length, initial, lock, name, persist, mode)

    @classmethod
    def open(cls, name: str, typecode_or_type: Any = None, length: Optional[int] = None) -> Any:
        """Attaches by name. Raises OptionsMismatchError, before anything is touched, where the type or length given is
        not what it has."""
        made = cls._open(name)
        _same_type(made, typecode_or_type, length)
        return made

    @property
    def _elements(self) -> Any:
        return self._at(self._type * self._length)

    @property
    def typecode(self) -> Optional[str]:
        """Python's typecode of the elements; None for structs."""
        return codes.get(self._type)

    @property
    def view(self) -> memoryview:
        """The bytes in place, as a memoryview of the elements' type (bytes, for structs)."""
        if self.closed:
            raise ClosedError("the object was closed")
        size = self._length * ctypes.sizeof(self._type)
        content = memoryview(self._mapping)[self._offset : self._offset + size]
        code = self.typecode
        return content if code in (None, "c", "u") else content.cast(code)

    def numpy(self) -> Any:
        """A NumPy array on this memory, without copying."""
        import numpy

        return numpy.frombuffer(self.view, dtype=numpy.dtype(self._type))

    @property
    def raw(self) -> bytes:
        """All bytes of a ``'c'`` array."""
        return bytes(self.view)

    @raw.setter
    def raw(self, content: bytes) -> None:
        self.view[: len(content)] = content

    @property
    def value(self) -> bytes:
        """The bytes of a ``'c'`` array up to its first NUL."""
        return self.raw.split(b"\0", 1)[0]

    @value.setter
    def value(self, content: bytes) -> None:
        self.raw = content + b"\0" if len(content) < self._length else content

    def __len__(self) -> int:
        return self._length if not self.closed else 0

    def __getitem__(self, index: Any) -> Any:
        return self._elements[index]

    def __setitem__(self, index: Any, value: Any) -> None:
        if isinstance(index, slice):
            self._elements[index] = [stored(checked(self._type, (part,))) for part in parts_of(self._type, value)]
        else:
            self._elements[index] = stored(checked(self._type, (value,)))

    def __iter__(self) -> Any:
        return iter(self._elements)


def RawValue(typecode_or_type: Any, *args: Any, **more: Any) -> Value:
    """A value without a lock."""
    return Value(typecode_or_type, *args, lock=False, **more)


def RawArray(typecode_or_type: Any, size_or_initializer: Any, **more: Any) -> Array:
    """An array without a lock."""
    return Array(typecode_or_type, size_or_initializer, lock=False, **more)
