"""A worker of the image service: NumPy on the pixels where the service drew them, into memory from which it answers."""

import signal

import interproc
import numpy


def work(pixels, result, times):
    """Edges: how much each pixel differs from its right and its lower neighbour. More than once where a test wants it slow."""
    for _ in range(times):
        result[:] = 0
        numpy.maximum(pixels[:, 1:], pixels[:, :-1], out=result[:, :-1])
        result[:, :-1] -= numpy.minimum(pixels[:, 1:], pixels[:, :-1])
        down = numpy.maximum(pixels[1:], pixels[:-1])
        down -= numpy.minimum(pixels[1:], pixels[:-1])
        numpy.maximum(result[:-1], down, out=result[:-1])


def serve(images, results):
    while True:
        with images.get_loan() as image:
            job = image.meta
            shape = (job["height"], job["width"], 4)
            answer = results.alloc(image.size)
            # No name here keeps an array on memory that is about to be sent: a loan with a view on it is refused.
            work(image.numpy("uint8", shape), answer.numpy("uint8", shape), job["times"])
            answer.meta = {"number": job["number"]}
            results.put(answer)


if __name__ == "__main__":
    # Ctrl-C goes to all processes of the terminal: the service answers what it has, and then ends its workers.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        serve(*interproc.args())
    except interproc.ShutDown:
        pass
