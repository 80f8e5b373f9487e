"""Loans: messages that are filled and read where they lie, in Python and between Python and Node.js."""

import asyncio
import gc
import json
import os
import pickle
import queue
import threading

import pytest

import interproc

MIB = 1 << 20


def memory_of(name):
    """Bytes that the queue's file takes."""
    return os.stat(f"/dev/shm/interproc.{name}").st_blocks * 512


def test_what_was_filled_in_place_is_read_in_place(name):
    with interproc.Queue(name=name) as q:
        loan = q.alloc(MIB)
        assert len(loan) == loan.size == len(loan.buffer) == MIB
        loan.buffer[:5] = b"hello"
        loan.meta = {"width": 640, "name": "image"}
        q.put(loan)
        assert loan.released
        with q.get_loan() as got:
            assert bytes(got.buffer[:5]) == b"hello"
            assert got.meta == {"width": 640, "name": "image"}
            assert (got.size, got.encoded, got.buffer.readonly) == (MIB, False, True)
        with pytest.raises(interproc.ClosedError):
            got.buffer
        with pytest.raises(queue.Empty):
            q.get_loan(timeout=0.01)


def test_a_plain_get_copies_what_was_lent(name):
    with interproc.Queue(name=name) as q:
        for item in (b"first", b"second", b"third", b"fourth"):
            loan = q.alloc(len(item))
            loan.buffer[:] = item
            q.put(loan)
        q.put("an item")
        assert q.get() == b"first"
        assert q.get_many(10) == [b"second"]
        assert asyncio.run(q.get_async()) == b"third"
        assert q.get_many(10) == [b"fourth"]
        assert q.get() == "an item"


def test_an_item_is_taken_as_a_loan_of_its_encoded_bytes(name):
    with interproc.Queue(name=name, codec="json") as q:
        q.put("x" * 300_000)
        q.put([1, 2])
        q.put("")
        with q.get_loan() as large:
            assert large.encoded and json.loads(bytes(large.buffer)) == "x" * 300_000
        with q.get_loan() as small:
            assert small.encoded and bytes(small.buffer) == b"[1,2]"
        with q.get_loan() as empty:
            assert bytes(empty.buffer) == b'""'
            q.put("next")
            with q.get_loan() as _:
                assert bytes(empty.buffer) == b'""'  # bytes of its own


def test_numpy_works_on_the_memory_itself(name):
    numpy = pytest.importorskip("numpy")
    with interproc.Queue(name=name) as q:
        loan = q.alloc(8 * 6)
        loan.numpy("float64", (2, 3))[:] = [[1, 2, 3], [4, 5, 6]]
        q.put(loan)
        with q.get_loan() as got:
            array = got.numpy("float64", (2, 3))
            assert array.sum() == 21 and not array.flags.owndata and not array.flags.writeable
        assert got.released
        assert array.sum() == 21  # the array keeps the memory, which goes back with it
        before = memory_of(name)
        other = q.alloc(8)
        assert memory_of(name) > before
        other.release()
        del array
        after = memory_of(name)
        loans = [q.alloc(8), q.alloc(8)]
        assert memory_of(name) == after
        for one in loans:
            one.release()
        assert numpy.frombuffer(q.alloc(4).buffer, "u1").shape == (4,)


def test_nobody_can_write_into_what_was_sent(name):
    numpy = pytest.importorskip("numpy")
    with interproc.Queue(name=name) as q:
        loan = q.alloc(100)
        whole = loan.buffer
        part = loan.buffer[10:20]
        with pytest.raises(BufferError):
            q.put(loan)
        del part
        array = numpy.frombuffer(loan.buffer, "u1")
        with pytest.raises(BufferError):
            q.put(loan)
        assert q.empty()
        del array
        loan.buffer[0] = 7
        q.put(loan)
        with pytest.raises(ValueError):
            whole[0] = 1
        assert q.get()[0] == 7


def test_loans_are_given_back_in_any_order_and_by_any_thread(name):
    with interproc.Queue(name=name) as q:
        taken = []

        def work():
            for number in range(4):
                loan = q.alloc(100_000)
                loan.buffer[0] = number
                q.put(loan)
                taken.append(q.get_loan())

        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
        assert [loan.buffer[0] for loan in taken] == [0, 1, 2, 3]
        size = memory_of(name)
        for index in (2, 0, 3, 1):
            taken[index].release()
            taken[index].release()
        again = [q.alloc(100_000) for _ in range(4)]
        assert memory_of(name) == size
        del again


def test_a_loan_that_was_dropped_comes_back(name):
    with interproc.Queue(name=name) as q:
        q.alloc(100_000)
        size = memory_of(name)
        for _ in range(50):
            q.put(q.alloc(100_000))
            q.get_loan()
        gc.collect()
        assert memory_of(name) <= size + 4 * 65536 * 2


def test_where_there_is_no_room_the_loan_stays_as_it_was(name):
    with interproc.Queue(1, name=name) as q:
        q.put("first")
        loan = q.alloc(10)
        loan.buffer[:] = b"0123456789"
        loan.meta = "kept"
        with pytest.raises(queue.Full):
            q.put_nowait(loan)
        with pytest.raises(queue.Full):
            q.put(loan, timeout=0.01)
        assert not loan.released and bytes(loan.buffer) == b"0123456789"
        threading.Timer(0.05, q.get).start()
        q.put(loan, timeout=60)
        with q.get_loan(timeout=60) as got:
            assert bytes(got.buffer) == b"0123456789" and got.meta == "kept"


def test_what_cannot_be_sent_is_refused(name):
    with interproc.Queue(name=name) as q, interproc.Queue() as other, interproc.PriorityQueue() as priority:
        loan = q.alloc(10)
        with pytest.raises(interproc.LoanForeignError):
            other.put(loan)
        with pytest.raises(interproc.LoanForeignError):
            priority.put(loan)
        with pytest.raises(ValueError):
            priority.alloc(10)
        with pytest.raises(interproc.SerializationError):
            q.put([loan])
        with pytest.raises(interproc.SerializationError):
            q.put_many([1, loan])
        with pytest.raises(TypeError):
            pickle.dumps(loan)
        loan.meta = "x" * 2000
        with pytest.raises(interproc.MessageTooLargeError):
            q.put(loan)
        loan.meta = object()
        with pytest.raises(interproc.SerializationError):
            q.put(loan)
        loan.meta = None
        q.put(loan)
        with pytest.raises(interproc.ClosedError):
            q.put(loan)
        assert q.qsize() == 1
        with q.get_loan() as got, pytest.raises(interproc.LoanForeignError):
            q.put(got)
        for size in (0, -1):
            with pytest.raises(ValueError):
                q.alloc(size)
        with pytest.raises(TypeError):
            q.alloc(1.5)
        with pytest.raises(interproc.MessageTooLargeError):
            q.alloc(1 << 33)


def test_the_ends_of_a_pipe_lend(name):
    mine, theirs = interproc.Pipe(name=name)
    loan = mine.alloc(MIB)
    loan.buffer[-1] = 9
    loan.meta = [1]
    with pytest.raises(interproc.LoanForeignError):
        theirs.send(loan)
    mine.send(loan)
    with theirs.recv_loan() as got:
        assert (got.buffer[-1], got.meta, got.size) == (9, [1], MIB)
    for receive in (theirs.recv, theirs.recv_bytes):
        loan = mine.alloc(3)
        loan.buffer[:] = b"abc"
        mine.send(loan)
        assert receive() == b"abc"
    with pytest.raises(TimeoutError):
        theirs.recv_loan(timeout=0.01)
    mine.close()
    with pytest.raises(EOFError):
        theirs.recv_loan()
    with pytest.raises(BrokenPipeError):
        theirs.alloc(1)
    theirs.close()


def test_asyncio_lends_puts_and_takes(name):
    async def work():
        with interproc.Queue(1, name=name) as q:
            getting = asyncio.create_task(q.get_loan_async())
            await asyncio.sleep(0)
            loan = await q.alloc_async(100_000)
            loan.buffer[:3] = b"abc"
            await q.put_async(loan)
            with await asyncio.wait_for(getting, 60) as got:
                assert bytes(got.buffer[:3]) == b"abc"
            q.put("in the way")
            loan = await q.alloc_async(5)
            putting = asyncio.create_task(q.put_async(loan))
            await asyncio.sleep(0.01)
            assert not putting.done()
            with pytest.raises(queue.Full):
                await q.put_async(await q.alloc_async(5), timeout=0.01)
            assert q.get() == "in the way"
            await asyncio.wait_for(putting, 60)
            assert len(await q.get_async()) == 5
            with pytest.raises(queue.Empty):
                await q.get_loan_async(timeout=0.01)
            mine, theirs = interproc.Pipe()
            receiving = asyncio.create_task(theirs.recv_loan_async())
            await asyncio.sleep(0)
            loan = await mine.alloc_async(4)
            await mine.send_async(loan)
            with await asyncio.wait_for(receiving, 60) as got:
                assert got.size == 4
            mine.close()
            theirs.close()

    asyncio.run(work())


def test_a_forked_child_may_look_at_a_loan_and_nothing_else(name):
    with interproc.Queue(name=name) as q:
        loan = q.alloc(4)
        loan.buffer[:] = b"look"
        q.put(loan)
        unsent = q.alloc(4)
        with q.get_loan() as got:
            child = os.fork()
            if child == 0:
                code = 1
                try:
                    assert bytes(got.buffer) == b"look"
                    with pytest.raises(interproc.ForkedError):
                        q.put(unsent)
                    got.release()
                    code = 0
                finally:
                    os._exit(code)
            assert os.waitpid(child, 0)[1] == 0
            assert bytes(got.buffer) == b"look"
        q.put(unsent)
        assert q.qsize() == 1


def test_a_loan_outlives_the_close_of_its_queue(name):
    q = interproc.Queue(name=name)
    q.put(q.alloc(10))
    loan = q.get_loan()
    q.close()
    assert len(bytes(loan.buffer)) == 10
    assert os.path.exists(f"/dev/shm/interproc.{name}")
    loan.release()
    assert not os.path.exists(f"/dev/shm/interproc.{name}")


def test_what_a_killed_python_held_is_lent_again(name, python):
    with interproc.Queue(name=name) as q:
        child = python(
            f"""
q = interproc.Queue.open({name!r})
q.put(q.alloc(100_000))
taken = q.get_loan()
filling = q.alloc(100_000)
last = q.alloc(100_000)
last.buffer[0] = 42
q.put(last)
say('held')
time.sleep(600)
"""
        )
        child.said()
        size = memory_of(name)
        child.kill()
        assert q.get()[0] == 42
        loans = [q.alloc(100_000) for _ in range(3)]
        assert memory_of(name) == size
        del loans


def test_loans_cross_from_node_and_back(name, node):
    numpy = pytest.importorskip("numpy")
    with interproc.Queue(name=name) as q, interproc.Queue(name=name + "-back") as back:
        child = node(
            f"""
            const q = interproc.Queue.open({json.dumps(name)});
            const back = interproc.Queue.open({json.dumps(name + '-back')});
            const sent = (async () => {{ for (let number = 0; number < 20; number++) {{
              const loan = await q.alloc(4 * 65536);
              new Uint32Array(loan.buffer.buffer, loan.buffer.byteOffset, 65536).fill(number);
              loan.meta = {{ number, at: new Date(5) }};
              await q.put(loan);
            }} }})();
            for (let number = 0; number < 20; number++) {{
              const loan = await back.getLoan();
              const view = new Uint32Array(loan.buffer.buffer, loan.buffer.byteOffset, 65536);
              if (loan.meta.number !== number || !view.every((one) => one === number + 1)) process.exit(3);
              loan.release();
            }}
            await sent;
            const [mine, theirs] = interproc.Pipe();
            const loan = await mine.alloc(3);
            loan.buffer.write('end');
            await mine.send(loan);
            await q.put(theirs);
            say((await mine.recvLoan()).buffer.toString());
            q.close(); back.close();
            """
        )
        for number in range(20):
            with q.get_loan(timeout=60) as got:
                pixels = got.numpy("<u4")
                assert got.meta["number"] == number and (pixels == number).all()
                loan = back.alloc(got.size, timeout=60)
                numpy.add(pixels, 1, out=loan.numpy("<u4"))
                loan.meta = {"number": number}
                del pixels
            back.put(loan, timeout=60)
        end = q.get(timeout=60)
        assert end.recv(timeout=60) == b"end"
        loan = end.alloc(5)
        loan.buffer[:] = b"there"
        end.send(loan)
        assert child.said() == "there"
        end.close()
        assert child.wait() == 0


def test_a_killed_node_costs_no_page(name, node):
    with interproc.Queue(name=name) as q:
        child = node(
            f"""
            const q = interproc.Queue.open({json.dumps(name)});
            await q.put(await q.alloc(100000));
            globalThis.taken = await q.getLoan();
            globalThis.filling = await q.alloc(100000);
            const last = await q.alloc(100000);
            last.buffer[0] = 42;
            await q.put(last);
            say('held');
            setTimeout(() => undefined, 600000);
            """
        )
        child.said()
        size = memory_of(name)
        child.kill()
        with q.get_loan() as got:
            assert got.buffer[0] == 42
            loans = [q.alloc(100_000) for _ in range(2)]
            assert memory_of(name) == size
            del loans
