import datetime
import queue
import threading
import time

import pytest

import interproc


def test_items_come_in_order_and_as_they_were(name):
    with interproc.Queue(name=name) as q:
        items = [1, "two", 3.5, None, True, b"six", [7, [8]], {"nine": {"ten": 10}}, 2**70, -(2**63)]
        for item in items:
            q.put(item)
        assert q.qsize() == len(items)
        assert [q.get() for _ in items] == items
        assert q.empty()


def test_an_empty_queue_and_a_full_one_say_so_in_time(name):
    with interproc.Queue(1, name=name) as q:
        with pytest.raises(queue.Empty):
            q.get_nowait()
        began = time.monotonic()
        with pytest.raises(queue.Empty):
            q.get(timeout=0.12)
        assert time.monotonic() - began >= 0.12
        q.put("first")
        assert q.full()
        assert q.maxsize == 1
        with pytest.raises(queue.Full):
            q.put("second", timeout=0.07)
        with pytest.raises(queue.Full):
            q.put_nowait("second")
        with pytest.raises(ValueError):
            q.get(timeout=float("nan"))


def test_a_large_item_goes_through(name):
    with interproc.Queue(name=name) as q:
        large = bytes(range(256)) * 20000
        q.put({"large": large})
        assert q.get() == {"large": large}


def test_many_items_go_at_once(name):
    with interproc.Queue(name=name) as q:
        q.put_many(range(3000))
        got = []
        while len(got) < 3000:
            got += q.get_many(1000)
        assert got == list(range(3000))
        q.put_many([])
    with interproc.Queue(2, name=name) as q:
        with pytest.raises(queue.Full) as caught:
            q.put_many(range(5), timeout=0.07)
        assert caught.value.args[0] == 2
        assert q.get_many(9) == [0, 1]


def test_an_item_that_cannot_be_encoded_is_refused_and_nothing_is_queued(name):
    with interproc.Queue(name=name) as q:
        with pytest.raises(interproc.SerializationError):
            q.put([1, lambda: None])
        assert q.empty()


def test_bytes_that_are_no_message_cost_one_error_and_no_neighbour(name):
    with interproc.Queue(name=name, codec="msgpack") as q, interproc.Queue.open(name, codec="raw") as raw:
        raw.put(b"\x01")
        raw.put(b"\xc1")
        raw.put(b"\x02")
        assert q.get_many(3) == [1]
        with pytest.raises(interproc.SerializationError):
            q.get()
        assert q.get() == 2


def test_shutdown_wakes_who_waits_and_drains(name):
    with interproc.Queue(name=name) as q:
        ended = []

        def consume():
            ended.append(list(q))

        thread = threading.Thread(target=consume)
        thread.start()
        q.put(1)
        q.put(2)
        q.shutdown()
        thread.join(60)
        assert ended == [[1, 2]]
        with pytest.raises(interproc.ShutDown):
            q.put(3)
        with pytest.raises(interproc.ShutDown):
            q.get()


def test_closing_ends_the_wait_of_another_thread(name):
    q = interproc.Queue(name=name)
    errors = []

    def consume():
        try:
            q.get()
        except Exception as error:
            errors.append(error)

    thread = threading.Thread(target=consume)
    thread.start()
    time.sleep(0.02)
    q.close()
    thread.join(60)
    assert isinstance(errors[0], interproc.ClosedError)
    with pytest.raises(interproc.ClosedError):
        q.put(1)
    q.close()


def test_names_are_checked_and_told_apart(name):
    with interproc.Queue(name=name):
        with pytest.raises(FileExistsError):
            interproc.Queue(name=name)
        with pytest.raises(interproc.LayoutMismatchError):
            interproc.Event.open(name)
        with pytest.raises(interproc.LayoutMismatchError):
            interproc.JoinableQueue.open(name)
        with pytest.raises(interproc.OptionsMismatchError):
            interproc.Queue.open_or_create(name, capacity=1 << 22)
        interproc.Queue.open_or_create(name).close()
    with pytest.raises(FileNotFoundError):
        interproc.Queue.open(name)
    for bad in ("", "a/b", "ä", "x" * 201):
        with pytest.raises(ValueError):
            interproc.Queue(name=bad)
    with pytest.raises(TypeError):
        interproc.Queue(name=7)


def test_a_priority_queue_gives_the_lowest_first(name):
    with interproc.PriorityQueue(name=name) as q:
        q.put("late", priority=9)
        q.put("soon", priority=-1.5)
        q.put("middle")
        assert [q.get(), q.get(), q.get()] == ["soon", "middle", "late"]


def test_a_joinable_queue_is_joined_when_all_is_done(name):
    with interproc.JoinableQueue(name=name) as q:
        q.join()
        q.put(1)
        with pytest.raises(TimeoutError):
            q.join(timeout=0.01)
        q.get()
        q.task_done()
        q.join()
        with pytest.raises(ValueError):
            q.task_done()


def test_items_of_a_dead_consumer_are_told(name, python):
    with interproc.JoinableQueue(name=name) as q:
        q.put(1)
        child = python(f"q = interproc.JoinableQueue.open({name!r}); q.get(); say('got'); time.sleep(60)")
        child.said()
        child.kill()
        with pytest.raises(interproc.TasksLostError) as caught:
            q.join(timeout=60)
        assert caught.value.count == 1


def test_a_simple_queue_is_simple():
    with interproc.SimpleQueue() as q:
        q.put("x")
        assert not q.empty()
        assert q.get() == "x"


def test_codecs_are_those_that_were_asked_for(name):
    with interproc.Queue(name=name, codec="json") as q:
        q.put({"a": [1, None]})
        assert q.get() == {"a": [1, None]}
        with pytest.raises(interproc.SerializationError):
            q.put(b"bytes")
    with interproc.Queue(name=name, codec="raw") as q:
        q.put(memoryview(b"raw"))
        assert q.get() == b"raw"
        with pytest.raises(interproc.SerializationError):
            q.put("text")
    with pytest.raises(ValueError):
        interproc.Queue(name=name, codec="yaml")


def test_threads_lose_and_double_nothing(name):
    with interproc.Queue(name=name, capacity=4096) as q:
        got = []

        def produce(base):
            for number in range(500):
                q.put(base + number)

        def consume():
            for _ in range(500):
                got.append(q.get())

        threads = [threading.Thread(target=produce, args=(1000 * each,)) for each in range(3)]
        threads += [threading.Thread(target=consume) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(got) == [1000 * each + number for each in range(3) for number in range(500)]


def test_many_at_once_arrive_as_they_would_one_by_one(name):
    looped = {"a": 1}
    looped["self"] = looped
    values = [1, "x", {1, 2}, 2**70, b"bytes", datetime.datetime(2024, 1, 1, tzinfo=datetime.timezone.utc), looped, "last"]
    with interproc.Queue(name=name) as q:
        q.put_many([1, "x", {"k": [2.5]}])
        assert q.get_many(10) == [1, "x", {"k": [2.5]}]
        q.put_many(values)
        got = q.get_many(10)
        assert got[:6] == values[:6] and got[6]["self"] is got[6] and got[7] == "last"


def test_bytes_behind_a_message_are_an_error_and_not_the_next_message(name):
    """Each item is decoded by its own length, also where many are decoded at once."""
    with interproc.Queue(name=name) as q, interproc.Queue.open(name, codec="raw") as raw:
        for encoded in (b"\x01", b"\x02\x03", b"\x92\x04", b"\x05"):  # 1; 2 and more; half a list; 5
            raw.put(encoded)
        assert q.get_many(10) == [1]
        for _ in range(2):
            with pytest.raises(interproc.SerializationError):
                q.get()
        assert q.get() == 5


def test_threads_encode_and_decode_at_once(name):
    with interproc.Queue(name=name) as q:
        items = [{"n": number, "text": str(number), "set": {number}} for number in range(2000)]
        got = []

        def consume():
            for _ in range(1000):
                got.append(q.get(timeout=60))

        def produce(part):
            for item in part:
                q.put(item)

        threads = [threading.Thread(target=consume) for _ in range(2)]
        threads += [threading.Thread(target=produce, args=(items[first::2],)) for first in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        assert sorted(got, key=lambda item: item["n"]) == items


def test_put_many_hands_over_what_went_in_and_keeps_the_rest(name):
    with interproc.Queue(2, name=name) as q:
        pipes = [interproc.Pipe() for _ in range(3)]
        lock = interproc.Lock()
        with pytest.raises(queue.Full) as full:
            q.put_many([[theirs, lock] for _, theirs in pipes], timeout=0.02)
        assert full.value.args == (2,)
        assert [theirs.closed for _, theirs in pipes] == [True, True, False]
        pipes[2][1].send("still here")
        assert pipes[2][0].recv(timeout=60) == "still here"
        for mine, _ in pipes[:2]:
            end, same = q.get(timeout=60)
            assert same.name == lock.name
            end.send("arrived")
            assert mine.recv(timeout=60) == "arrived"
            end.close()
            same.close()
        for mine, theirs in pipes:
            mine.close()
            theirs.close()
        lock.close()
