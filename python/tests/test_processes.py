"""Handles, exits and forks."""

import json
import os
import pickle
import signal

import pytest

import interproc

MAKERS = [
    interproc.Queue, interproc.JoinableQueue, interproc.SimpleQueue, interproc.PriorityQueue, interproc.Lock, interproc.RLock,
    interproc.Semaphore, interproc.BoundedSemaphore, interproc.Event, interproc.Condition,
    lambda: interproc.Value("i"), lambda: interproc.Array("d", 3), lambda: interproc.Barrier(2),
    lambda: interproc.SharedMemory(create=True, size=8),
]  # fmt: skip


@pytest.mark.parametrize("make", MAKERS)
def test_a_handle_leads_back_to_the_object_in_every_way(make):
    made = make()
    for again in (
        interproc.attach(made.handle),
        interproc.attach(json.dumps(made.handle)),
        pickle.loads(pickle.dumps(made)),
    ):
        assert type(again) is type(made)
        assert again.name == made.name
        again.close()
    with interproc.Queue() as carrier:
        carrier.put({"object": [made]})
        got = carrier.get()["object"][0]
        assert type(got) is type(made)
        got.close()
    made.close()


@pytest.mark.parametrize("bad", [None, 7, "", "{}", {"interproc": 2, "kind": "queue", "name": "x"}, {"interproc": 1}])
def test_what_is_no_handle_is_refused(bad):
    with pytest.raises(ValueError):
        interproc.attach(bad)


def test_exit_without_close_leaves_nothing(name, python):
    child = python(f"q = interproc.Queue(name={name!r}); e = interproc.Event(); q.put(1); say(1)")
    child.said()
    assert child.wait() == 0


def test_an_uncaught_error_does_not_free_locks_as_if_all_were_well(name, python):
    lock = interproc.Lock(name=name)
    failing = python(f"l = interproc.Lock.open({name!r}); l.acquire(); sys.stderr.close(); raise SystemError('planned')")
    assert failing.wait() == 1
    assert lock.acquire(timeout=60)
    assert lock.abandoned
    lock.release()
    orderly = python(f"l = interproc.Lock.open({name!r}); l.acquire()")
    assert orderly.wait() == 0
    assert lock.acquire(timeout=60)
    assert not lock.abandoned
    lock.close()


def forked(body):
    """The exit code of a forked child that runs the body."""
    pid = os.fork()
    if pid == 0:
        code = 99
        try:
            code = body()
        finally:
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_a_forked_child_attaches_anew(name):
    q = interproc.Queue(name=name)
    array = interproc.Array("i", 2)
    lock = interproc.Lock()
    a, b = interproc.Pipe()

    def child():
        q.put("from the child")
        array[1] = 7
        assert lock.acquire(False) is False  # the parent's, not the child's
        with pytest.raises(interproc.ForkedError):
            a.send(1)
        return 5

    with lock:
        assert forked(child) == 5
    assert q.get(timeout=60) == "from the child"
    assert array[1] == 7
    a.send("still mine")
    assert b.recv() == "still mine"
    for one in (q, array, lock, a, b):
        one.close()


def test_a_forked_child_does_not_keep_its_parents_lock(name, python):
    lock = interproc.Lock(name=name)
    parent = python(
        f"l = interproc.Lock.open({name!r}); l.acquire()\n"
        "pid = os.fork()\n"
        "if pid == 0: time.sleep(60)\n"
        "say(pid); time.sleep(60)"
    )
    child = parent.said()
    parent.kill()
    try:
        assert lock.acquire(timeout=20)
        assert lock.abandoned
        lock.release()
    finally:
        os.kill(child, signal.SIGKILL)
    lock.close()
