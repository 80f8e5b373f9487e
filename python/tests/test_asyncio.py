"""Waits of an event loop are ended by the doorbell: here the look for the dead is put off for as long as the test."""

import asyncio
import queue
import threading

import pytest

import interproc
from interproc import _loop


@pytest.fixture(autouse=True)
def no_inspection(monkeypatch):
    monkeypatch.setattr(_loop, "INSPECTION", 1000)


def later(*bodies):
    """Runs the bodies in another thread, as another process would."""
    thread = threading.Timer(0.05, lambda: [body() for body in bodies])
    thread.start()
    return thread


def run(body):
    return asyncio.run(asyncio.wait_for(body, 60))


def test_a_get_is_woken_by_a_put(name):
    async def body():
        with interproc.Queue(name=name) as q:
            thread = later(lambda: q.put("rung"))
            assert await q.get_async() == "rung"
            thread.join()
            with pytest.raises(queue.Empty):
                await q.get_async(timeout=0.02)

    run(body())


def test_a_put_is_woken_by_a_get(name):
    async def body():
        with interproc.Queue(1, name=name) as q:
            q.put(1)
            with pytest.raises(queue.Full):
                await q.put_async(2, timeout=0.02)
            thread = later(q.get)
            await q.put_async(3)
            thread.join()
            assert q.get() == 3

    run(body())


def test_several_waiters_of_one_loop_each_get_theirs(name):
    async def body():
        with interproc.Queue(name=name) as q:
            tasks = [asyncio.create_task(q.get_async()) for _ in range(5)]
            await asyncio.sleep(0.01)
            thread = later(*(lambda number=number: q.put(number) for number in range(5)))
            assert sorted(await asyncio.gather(*tasks)) == list(range(5))
            thread.join()

    run(body())


def test_cancelling_takes_nothing_and_leaves_the_others_waiting(name):
    async def body():
        with interproc.Queue(name=name) as q:
            first, second = (asyncio.create_task(q.get_async()) for _ in range(2))
            await asyncio.sleep(0.01)
            first.cancel()
            with pytest.raises(asyncio.CancelledError):
                await first
            thread = later(lambda: q.put("kept"))
            assert await second == "kept"
            thread.join()

    run(body())


def test_locks_events_conditions_and_pipes_are_woken(name):
    async def body():
        held, let_go = threading.Event(), threading.Event()
        lock = interproc.Lock(name=name)

        def hold():
            lock.acquire()
            held.set()
            let_go.wait(60)
            lock.release()

        holder = threading.Thread(target=hold)
        holder.start()
        held.wait(60)
        assert await lock.acquire_async(timeout=0.02) is False
        later(let_go.set)
        assert await lock.acquire_async() is True
        lock.release()
        holder.join()
        lock.close()

        event = interproc.Event()
        later(event.set)
        assert await event.wait_async() is True

        semaphore = interproc.Semaphore(0)
        later(semaphore.release)
        assert await semaphore.acquire_async() is True

        a, b = interproc.Pipe()
        later(lambda: b.send("rung"))
        assert await a.recv_async() == "rung"
        later(b.close)
        with pytest.raises(EOFError):
            await a.recv_async()

        condition = interproc.Condition()

        def notify():
            with condition:
                condition.notify()

        async with condition:
            later(notify)
            assert await condition.wait_async() is True
            assert await condition.wait_async(timeout=0.02) is False

        barrier = interproc.Barrier(2)
        later(barrier.wait)
        assert await barrier.wait_async() in (0, 1)

        joinable = interproc.JoinableQueue()
        joinable.put(1)
        later(joinable.get, joinable.task_done)
        await joinable.join_async()

    run(body())


def test_iteration_ends_with_the_queue(name):
    async def body():
        with interproc.Queue(name=name) as q:
            q.put(1)
            later(lambda: q.put(2), q.shutdown)
            assert [item async for item in q] == [1, 2]

    run(body())


def test_the_dead_are_noticed_without_a_bell(name, python, monkeypatch):
    monkeypatch.setattr(_loop, "INSPECTION", 0.05)

    async def body():
        lock = interproc.Lock(name=name)
        child = python(f"l = interproc.Lock.open({name!r}); l.acquire(); say(1); time.sleep(60)")
        child.said()
        task = asyncio.create_task(lock.acquire_async())
        await asyncio.sleep(0.01)
        child.kill()
        assert await task
        assert lock.abandoned
        lock.release()
        lock.close()

    run(body())
