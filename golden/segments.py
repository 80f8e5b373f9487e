"""Golden segments: the bytes of one object of each kind, as this version of the layout has them.

    python3 golden/segments.py          writes golden/v<version>/, which must not exist: a released version never changes
    python3 golden/segments.py --docs   writes the dumps in docs/layout.md anew

A file has 16 bytes a line, and nothing for lines of zeros. What differs from run to run (process ids, times, random
numbers) is put to fixed values. Every implementation reads them in its tests; python/tests/test_golden.py compares
them with what is written now.
"""

import hashlib
import os
import re
import struct
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path.insert(0, str(ROOT / "python"))

import interproc  # noqa: E402
import layout  # noqa: E402

#: What the files of each version hash to.
VERSIONS = HERE / "versions"

VERSION = 1
CREATION_ID = 0x1122334455667788
ATTACHED_AT = 1_699_999_999_000_000_000
HELD_SINCE = 1_700_000_000_000_000_000

PARTICIPANTS, SLOTS, SLOT = 256, 256, 64
BODY = PARTICIPANTS + SLOTS * SLOT


def _queue(name):
    q = interproc.Queue(3, name=name, capacity=4096, codec="raw", persist=True)
    q.put(b"dropped")
    q.get()
    q.put(b"one")
    q.put(b"")
    loan = q.alloc(10)
    loan.buffer[:] = b"lent bytes"
    loan.meta = {"k": 1}
    q.put(loan)
    return q


def _pipe(name):
    ends = interproc.Pipe(name=name, capacity=4096, codec="raw", persist=True)
    ends[0].send(b"to the second")
    ends[1].send(b"to the first")
    return ends


def _priority_queue(name):
    q = interproc.PriorityQueue(name=name, capacity=4096, codec="raw", persist=True)
    q.put(b"last", priority=2.5)
    q.put(b"first" * 20, priority=-1)
    return q


def _lock(name):
    lock = interproc.Lock(name=name, persist=True)
    lock.acquire()
    return lock


def _event(name):
    event = interproc.Event(name=name, persist=True)
    event.set()
    event.clear()
    event.set()
    return event


def _barrier(name):
    barrier = interproc.Barrier(3, name=name, persist=True)
    barrier.abort()
    return barrier


MAKERS = {
    "queue": _queue,
    "pipe": _pipe,
    "value": lambda name: interproc.Value("i", -42, name=name, persist=True),
    "array": lambda name: interproc.Array("d", [1.5, -2.0, 0.0], lock=False, name=name, persist=True),
    "lock": _lock,
    "priority-queue": _priority_queue,
    "semaphore": lambda name: interproc.BoundedSemaphore(2, name=name, persist=True),
    "event": _event,
    "condition": lambda name: interproc.Condition(name=name, persist=True),
    "barrier": _barrier,
}


def _settle(kind, content):
    """Puts fixed values where every run has its own."""
    struct.pack_into("<Q", content, 88, CREATION_ID)
    for slot in range(SLOTS):
        at = PARTICIPANTS + slot * SLOT
        # The generation stays; wakes, how it sleeps, who it was and since when do not.
        content[at + 4 : at + SLOT] = bytes(SLOT - 4)
        if content[at : at + 4] != bytes(4):
            struct.pack_into("<IQQQ", content, at + 12, 1000 + slot, 2000 + slot, 0, ATTACHED_AT)
    if kind == "lock":
        struct.pack_into("<Q", content, BODY + 8, HELD_SINCE)
    elif kind == "pipe":
        # Nobody has had the ends: so they can be claimed.
        for end in range(2):
            struct.pack_into("<Q", content, BODY + end * 128, 0)
    elif kind == "semaphore":
        struct.pack_into("<QQ", content, BODY, 0, 0)


def make(kind, name):
    """The bytes of a new object of this kind."""
    made = MAKERS[kind](name)
    parts = made if isinstance(made, tuple) else (made,)
    try:
        with open(f"/dev/shm/interproc.{name}", "rb") as file:
            content = bytearray(file.read())
    finally:
        parts[0].unlink()
        for part in parts:
            part.close()
    _settle(kind, content)
    return bytes(content)


def to_text(kind, content):
    lines = [f"# interproc, layout version {VERSION}: {kind}, {len(content)} bytes"]
    for at in range(0, len(content), 16):
        row = content[at : at + 16]
        if any(row):
            lines.append(f"{at:08x} {row.hex(' ')}")
    return "\n".join(lines) + "\n"


def from_text(text):
    content = bytearray(int(re.match(r"# .* (\d+) bytes\n", text)[1]))
    for line in text.splitlines()[1:]:
        at, _, row = line.partition(" ")
        bytes_of_row = bytes.fromhex(row)
        content[int(at, 16) : int(at, 16) + len(bytes_of_row)] = bytes_of_row
    return bytes(content)


def path_of(kind, version=VERSION):
    return HERE / f"v{version}" / f"{kind}.hex"


def digest(version):
    """What all files of a version hash to."""
    files = sorted(path_of("", version).parent.iterdir())
    return hashlib.sha256(b"".join(file.name.encode() + b"\0" + file.read_bytes() for file in files)).hexdigest()


def read(kind):
    return from_text(path_of(kind).read_text())


# ---- Dumps in docs/layout.md

DUMP = re.compile(r"(<!-- golden (\S+) (\d+) (\d+) -->\n)```text\n.*?```\n", re.S)


def dump(content, begin, end):
    lines = []
    for at in range(begin, end, 16):
        row = content[at : min(at + 16, end)]
        if any(row):
            shown = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in row)
            lines.append(f"{at:6d}  {row.hex(' '):47}  {shown}")
        elif not lines or lines[-1] != "     *":
            lines.append("     *")
    return "\n".join(lines) + "\n"


def with_dumps(text):
    """A page with its dumps as the golden files have them."""

    def written(match):
        return f"{match[1]}```text\n{dump(read(match[2]), int(match[3]), int(match[4]))}```\n"

    return DUMP.sub(written, text)


def main():
    page = ROOT / "docs" / "layout.md"
    if sys.argv[1:] == ["--docs"]:
        page.write_text(with_dumps(page.read_text()))
        return
    folder = path_of("").parent
    if folder.exists():
        sys.exit(f"{folder} exists: a version's files never change. A new layout has a new version")
    if layout.version() != VERSION:
        sys.exit(f"the headers say layout version {layout.version()}, not {VERSION}")
    folder.mkdir()
    (folder / "layout.txt").write_text(layout.describe())
    for kind in MAKERS:
        path_of(kind).write_text(to_text(kind, make(kind, f"golden-{os.getpid()}")))
    with VERSIONS.open("a") as file:
        file.write(f"{VERSION} {digest(VERSION)}\n")


if __name__ == "__main__":
    main()
