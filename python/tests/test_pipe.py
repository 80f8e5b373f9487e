import threading

import pytest

import interproc


def test_ends_talk_both_ways():
    a, b = interproc.Pipe()
    a.send({"to": "b"})
    assert b.recv() == {"to": "b"}
    b.send_bytes(b"abc", 1)
    assert a.poll()
    assert a.recv_bytes() == b"bc"
    assert not a.poll(0.06)
    with pytest.raises(TimeoutError):
        a.recv(timeout=0.06)
    a.close()
    with pytest.raises(EOFError):
        b.recv()
    assert b.poll()
    with pytest.raises(BrokenPipeError):
        b.send(1)
    b.close()


def test_one_way_is_one_way():
    reader, writer = interproc.Pipe(False)
    assert (reader.readable, reader.writable, writer.readable, writer.writable) == (True, False, False, True)
    with pytest.raises(OSError):
        reader.send(1)
    with pytest.raises(OSError):
        writer.recv()
    writer.send(1)
    writer.close()
    assert list(reader) == [1]
    reader.close()


def test_messages_into_buffers():
    a, b = interproc.Pipe()
    a.send_bytes(b"message")
    target = bytearray(10)
    assert b.recv_bytes_into(target, 2) == 7
    assert target == b"\0\0message\0"
    a.send_bytes(b"message")
    with pytest.raises(interproc.BufferTooShort) as caught:
        b.recv_bytes_into(bytearray(3))
    assert caught.value.args[0] == b"message"
    a.send_bytes(b"message")
    with pytest.raises(OSError):
        b.recv_bytes(3)
    a.close()
    b.close()


def test_one_thread_reads_while_another_writes():
    a, b = interproc.Pipe()
    got = []
    reader = threading.Thread(target=lambda: got.extend(a.recv() for _ in range(300)))
    echo = threading.Thread(target=lambda: [b.send(b.recv()) for _ in range(300)])
    reader.start()
    echo.start()
    for number in range(300):
        a.send(number)
    reader.join(60)
    echo.join(60)
    assert got == list(range(300))
    a.close()
    b.close()


def test_the_death_of_the_other_end_is_the_end_of_file(name, python):
    a, b = interproc.Pipe(name=name)
    child = python("end = interproc.attach(sys.argv[1]); end.send('here'); time.sleep(60)", __import__("json").dumps(b.handle))
    b.send_away()
    assert a.recv(timeout=60) == "here"
    child.kill()
    with pytest.raises(EOFError):
        a.recv(timeout=60)
    with pytest.raises(BrokenPipeError):
        a.send("anybody?")
    a.close()


def test_an_end_beside_what_the_msgpack_package_lacks_is_claimed_once(name):
    with interproc.Queue(name=name) as q:
        mine, theirs = interproc.Pipe()
        q.put({"end": theirs, "set": {1, 2}})  # the set needs the decoder of our own, which would attach to the end again
        got = q.get(timeout=60)
        assert got["set"] == {1, 2}
        got["end"].send("from there")
        assert mine.recv(timeout=60) == "from there"
        got["end"].close()
        mine.close()
