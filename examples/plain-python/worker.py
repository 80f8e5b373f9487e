"""The other side of main.mjs: Python as it comes, without the package of this library.

A semaphore of ours is the POSIX one of the same name, SharedMemory and ShareableList are Python's own, byte by byte."""

import sys
from multiprocessing import resource_tracker
from multiprocessing.shared_memory import ShareableList, SharedMemory
from multiprocessing.synchronize import SEM_VALUE_MAX, SEMAPHORE, Semaphore


def semaphore(name):
    """A multiprocessing.Semaphore on "/name". Python has no public way to open one by name; this is what it does where one is
    passed to a child: SemLock._rebuild(handle, kind, most, name)."""
    made = Semaphore.__new__(Semaphore)
    made.__setstate__((0, SEMAPHORE, SEM_VALUE_MAX, "/" + name))
    return made


def untracked(memory):
    """Python's resource tracker would remove at exit what is not ours. From Python 3.13 on: SharedMemory(name, track=False)."""
    resource_tracker.unregister(memory._name, "shared_memory")
    return memory


def main(work, done, counts, text):
    work, done = semaphore(work), semaphore(done)
    memory = untracked(SharedMemory(counts))
    words = ShareableList(name=text)
    untracked(words.shm)

    work.acquire()  # until Node.js has posted
    for index, word in enumerate(words):
        if isinstance(word, str):
            memory.buf[index] = len(word)
    words[0] = "counted"  # as much room as the string that was there
    words[2] += 0.5

    for shared in (memory, words.shm):
        shared.close()
    done.release()


if __name__ == "__main__":
    main(*sys.argv[1:])
