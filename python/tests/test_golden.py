"""The golden segments: what this version writes is what they have, and what they have is read. See golden/segments.py."""

import os
import queue
import struct
import sys
from contextlib import closing

import pytest

import interproc
from conftest import ROOT

sys.path.insert(0, str(ROOT / "golden"))

import layout  # noqa: E402
import segments  # noqa: E402


@pytest.fixture
def golden(name):
    """Puts a golden segment under the test's name; removed at the end."""
    path = f"/dev/shm/interproc.{name}"

    def put(kind):
        with open(path, "wb") as file:
            file.write(segments.read(kind))
        os.chmod(path, 0o600)
        return name

    yield put
    if os.path.exists(path):
        os.unlink(path)


@pytest.mark.parametrize("kind", segments.MAKERS)
def test_what_is_written_today_has_the_same_bytes(kind, name):
    assert segments.to_text(kind, segments.make(kind, name)) == segments.path_of(kind).read_text(), (
        "the layout has changed: it needs another IPC_LAYOUT_VERSION, or a feature bit (docs/layout.md, versioning)"
    )


def test_a_layout_that_changed_has_another_version():
    version = layout.version()
    assert version == segments.VERSION
    assert layout.describe() == segments.path_of("").with_name("layout.txt").read_text(), (
        f"native/include/layout/ differs from golden/v{version}/layout.txt: raise IPC_LAYOUT_VERSION"
    )


def test_the_files_of_a_version_never_change():
    known = dict(line.split() for line in segments.VERSIONS.read_text().splitlines())
    assert str(segments.VERSION) in known
    for version, digest in known.items():
        assert segments.digest(version) == digest, f"golden/v{version} was changed: the files of a version never are"


def test_every_dump_in_the_documentation_is_of_a_golden_file():
    page = (ROOT / "docs" / "layout.md").read_text()
    assert len(segments.DUMP.findall(page)) >= 5
    assert segments.with_dumps(page) == page, "run python3 golden/segments.py --docs"


def test_a_queue(golden):
    with interproc.Queue.open(golden("queue")) as q:
        assert q.qsize() == 3 and q.maxsize == 3
        assert [q.get(), q.get()] == [b"one", b""]
        with q.get_loan() as loan:
            assert (bytes(loan.buffer), loan.meta, loan.encoded) == (b"lent bytes", {"k": 1}, False)
        with pytest.raises(queue.Empty):
            q.get_nowait()
        q.put(b"goes on")
        assert q.get() == b"goes on"


def test_a_priority_queue(golden):
    with interproc.PriorityQueue.open(golden("priority-queue")) as q:
        assert [q.get(), q.get(), q.empty()] == [b"first" * 20, b"last", True]


def test_a_pipe(golden):
    name = golden("pipe")
    ends = [interproc.attach({"interproc": 1, "kind": "connection", "name": name, "end": end}) for end in (0, 1)]
    assert [end.recv(timeout=60) for end in ends] == [b"to the first", b"to the second"]
    for end in ends:
        end.close()


def test_a_value_and_an_array(golden):
    with closing(interproc.Value.open(golden("value"), "i")) as value:
        assert value.value == -42
        with value.get_lock():
            value.value = 7
    with closing(interproc.Array.open(golden("array"), "d", 3)) as array:
        assert list(array) == [1.5, -2.0, 0.0]
        with pytest.raises(interproc.InterprocError):
            array.get_lock()


def test_a_lock_that_a_dead_process_held(golden):
    with closing(interproc.Lock.open(golden("lock"))) as lock:
        assert lock.acquire(timeout=60) and lock.abandoned
        lock.release()


def test_an_event_a_condition_and_a_barrier(golden):
    with interproc.Event.open(golden("event")) as event:
        assert event.is_set()
    with closing(interproc.Condition.open(golden("condition"))) as condition:
        with condition:
            assert condition.wait(timeout=0.01) is False
    with interproc.Barrier.open(golden("barrier")) as barrier:
        assert (barrier.parties, barrier.broken, barrier.n_waiting) == (3, True, 0)
        barrier.reset()
        assert not barrier.broken


def test_a_bounded_semaphore_with_the_posix_one_beside_it(golden, name):
    # The permits are in a file of the C library's; a golden segment cannot know its device and inode.
    interproc.Semaphore(2, name=name, persist=True).close()
    permits = f"/dev/shm/sem.{name}"
    golden("semaphore")
    about = os.stat(permits)
    with open(f"/dev/shm/interproc.{name}", "r+b") as file:
        file.seek(segments.BODY)
        file.write(struct.pack("<QQ", about.st_dev, about.st_ino))
    with closing(interproc.BoundedSemaphore.open(name)) as semaphore:
        assert semaphore.get_value() == 2
        with pytest.raises(ValueError):
            semaphore.release()
        assert semaphore.acquire(timeout=60) and semaphore.get_value() == 1
        semaphore.release()
        semaphore.unlink()
    assert not os.path.exists(permits)
