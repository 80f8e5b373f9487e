"""The other process of python-partner.mjs: a sink or a source for queues, sockets and loans."""

import socket

import interproc

from python_rounds import end_with_parent

BATCH = 100


def item(number):
    return {"id": number, "v": number / 2, "s": "hello"}


def batches(count):
    for first in range(0, count, BATCH):
        yield [item(number) for number in range(first, min(first + BATCH, count))]


# Queues


def received(queue, form):
    if form == "single":
        while True:
            yield queue.get()
    while True:
        yield from queue.get_many(BATCH)


def queue_sink(queue, answers, form):
    count = 0
    for one in received(queue, form):
        if one is None:
            answers.put(count)
            count = 0
        else:
            count += 1


def queue_source(queue, orders, form):
    while True:
        count = orders.get()
        if form == "single":
            for number in range(count):
                queue.put(item(number))
        else:
            for items in batches(count):
                queue.put_many(items)
        queue.put(None)


# Sockets


def connected(path):
    link = socket.socket(socket.AF_UNIX)
    link.connect(path)
    return link


def unpacked(link):
    import msgpack

    unpacker = msgpack.Unpacker()
    while data := link.recv(1 << 18):
        unpacker.feed(data)
        yield from unpacker


def socket_sink(path, _form):
    import msgpack

    link = connected(path)
    count = 0
    for one in unpacked(link):
        if one is None:
            link.sendall(msgpack.packb(count))
            count = 0
        else:
            count += 1


def socket_source(path, form):
    import msgpack

    link = connected(path)
    pack = msgpack.Packer().pack
    for count in unpacked(link):
        if form == "single":
            for number in range(count):
                link.sendall(pack(item(number)))
        else:
            for items in batches(count):
                link.sendall(b"".join(map(pack, items)))
        link.sendall(pack(None))


# Loans


def look(loan):
    return loan.size if loan.buffer[0] + loan.buffer[loan.size - 1] >= 0 else -1


def loan_sink(end):
    while True:
        with end.recv_loan() as loan:
            size = look(loan)
        end.send(size)


def loan_source(end):
    while True:
        end.send(end.alloc(end.recv()))


if __name__ == "__main__":
    end_with_parent()
    role, *arguments = interproc.args()
    try:
        globals()[role](*arguments)
    except (interproc.ShutDown, EOFError):
        pass
