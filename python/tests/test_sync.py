import threading
import time

import pytest

import interproc


def in_thread(body):
    result = []
    thread = threading.Thread(target=lambda: result.append(body()))
    thread.start()
    return lambda: (thread.join(60), result[0])[1]


def test_a_lock_excludes_and_belongs_to_its_thread(name):
    with interproc.Lock(name=name) as lock:
        pass
    with interproc.Lock.open_or_create(name):
        pass
    lock = interproc.Lock(name=name + "x")
    assert lock.acquire()
    assert lock.locked()
    with pytest.raises(interproc.DeadlockError):
        lock.acquire()
    assert not lock.acquire(False)
    assert not lock.acquire(timeout=0.06)

    def other():
        with pytest.raises(interproc.LockNotOwnedError):
            lock.release()
        return lock.acquire(timeout=0.01)

    assert in_thread(other)() is False
    waiting = in_thread(lambda: (lock.acquire(), lock.release()))
    lock.release()
    waiting()
    lock.close()


def test_with_releases_a_lock_but_does_not_close_it():
    lock = interproc.Lock()
    with lock:
        assert lock.locked()
    assert not lock.locked()
    assert not lock.closed
    lock.close()


def test_an_rlock_is_taken_again(name):
    lock = interproc.RLock(name=name)
    with lock:
        with lock:
            assert in_thread(lambda: lock.acquire(False))() is False
    assert in_thread(lambda: (lock.acquire(False), lock.release()))()[0] is True
    lock.close()


def test_a_killed_holder_frees_its_lock(name, python):
    lock = interproc.Lock(name=name)
    child = python(f"l = interproc.Lock.open({name!r}); l.acquire(); say('held'); time.sleep(60)")
    child.said()
    assert not lock.acquire(timeout=0.01)
    child.kill()
    assert lock.acquire(timeout=60)
    assert lock.abandoned
    lock.release()
    lock.close()


def test_a_semaphore_counts(name):
    semaphore = interproc.BoundedSemaphore(2, name=name)
    assert semaphore.acquire() and semaphore.acquire(False)
    assert not semaphore.acquire(timeout=0.06)
    assert semaphore.get_value() == 0
    semaphore.release(2)
    with pytest.raises(ValueError):
        semaphore.release()
    semaphore.close()


def test_an_event_is_seen(name):
    event = interproc.Event(name=name)
    assert not event.wait(0.06)
    waiting = in_thread(lambda: event.wait(60))
    event.set()
    assert waiting() is True
    assert event.is_set()
    event.clear()
    assert not event.is_set()
    event.close()


@pytest.mark.parametrize("given", [None, interproc.Lock, interproc.RLock])
def test_a_condition_notifies_and_gives_the_lock_back(name, given):
    lock = given() if given else None
    condition = interproc.Condition(lock, name=name)
    with pytest.raises(interproc.LockNotOwnedError):
        condition.notify()
    ready = []

    def wait():
        with condition:
            ready.append(1)
            return condition.wait(60)

    waiting = in_thread(wait)
    while True:
        with condition:
            if ready:
                condition.notify()
                break
    assert waiting() is True
    with condition:
        assert condition.wait(0.06) is False
        assert condition.wait_for(lambda: False, 0.06) is False
        assert condition.wait_for(lambda: 7) == 7
    condition.close()
    if lock:
        lock.close()


def test_a_barrier_lets_go_together_and_runs_its_action_once(name):
    acted = []
    barrier = interproc.Barrier(3, lambda: acted.append(1), name=name)
    others = [in_thread(barrier.wait) for _ in range(2)]
    indexes = sorted([barrier.wait(60), *(other() for other in others)])
    assert indexes == [0, 1, 2]
    assert acted == [1]
    with pytest.raises(threading.BrokenBarrierError):
        barrier.wait(0.06)
    assert barrier.broken
    barrier.reset()
    assert (barrier.parties, barrier.n_waiting, barrier.broken) == (3, 0, False)
    barrier.close()


def test_an_action_that_raises_breaks_the_barrier(name):
    def fail():
        raise KeyError("no")

    barrier = interproc.Barrier(1, fail, name=name)
    with pytest.raises(KeyError):
        barrier.wait()
    assert barrier.broken
    barrier.close()


def test_ctrl_c_is_answered_at_once(name, python):
    import signal

    for wait in ("interproc.Queue().get()", "interproc.Event().wait()", "l = interproc.Semaphore(0); l.acquire()",
                 "c = interproc.Condition(); c.acquire(); c.wait()", "a, b = interproc.Pipe(); a.recv()",
                 "interproc.Barrier(2).wait()"):  # fmt: skip
        # A shell that runs the tests in the background has SIGINT ignored in all of them.
        child = python(
            "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
            f"say(1)\ntry:\n    {wait}\nexcept KeyboardInterrupt:\n    say(time.monotonic())\n    sys.exit(7)\n"
        )
        child.said()
        time.sleep(0.2)  # until it blocks: later than that is right as well
        sent = time.monotonic()
        child.process.send_signal(signal.SIGINT)
        answered = child.said()
        assert child.wait() == 7
        # 50 ms of waiting and what a loaded machine adds.
        assert answered - sent < 5, wait
