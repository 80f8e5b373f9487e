"""A Python contender's side of a contest: does a round for each line of JSON on standard input, and answers on descriptor 3."""

import ctypes
import json
import multiprocessing
import os
import signal
import sys
import time

PR_SET_PDEATHSIG = 1


def end_with_parent():
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def tell(message):
    data = (json.dumps(message) + "\n").encode()
    while data:
        data = data[os.write(3, data) :]


def serve(do_round):
    tell("ready")
    for line in sys.stdin:
        try:
            tell(do_round(json.loads(line)))
        except Exception as error:  # told to whoever asked
            tell({"failed": repr(error)})


def child(target, *args):
    process = multiprocessing.Process(target=_guarded, args=(target, *args), daemon=True)
    process.start()
    return process


def _guarded(target, *args):
    end_with_parent()
    target(*args)


def percentile(values, share):
    ordered = sorted(values)
    position = (len(ordered) - 1) * share
    below = int(position)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (position - below)


def latencies(times, **more):
    """The sample of a round that timed single events: microseconds, rounded to nanoseconds."""
    return {"value": percentile(times, 0.5), "times": [round(one, 3) for one in times], **more}


def cpu_seconds():
    """CPU seconds of this process and of those that it has started, their threads included."""
    total = time.process_time()
    for process in multiprocessing.active_children():
        tasks = f"/proc/{process.pid}/task"
        for thread in os.listdir(tasks):
            with open(f"{tasks}/{thread}/schedstat") as file:
                total += int(file.read().split()[0]) / 1e9
    return total


def rate(amount, work, messages=None):
    """`amount` by second, and the CPU seconds of all who take part, per million of `messages`."""
    cpu = cpu_seconds()
    start = time.perf_counter()
    work()
    seconds = time.perf_counter() - start
    return {"value": amount / seconds, "cpu": (cpu_seconds() - cpu) / (messages or amount) * 1e6}


def time_parts(parts, trip_for):
    """Times `trip_for(part)` again and again for each part, as timeTrips in work.mjs does."""
    return {key: _time_part(part, trip_for(part)) for key, part in parts.items()}


def _time_part(part, trip):
    times = []
    pause = part.get("pauseMs", 0) / 1000
    most = part.get("most", 20_000)
    cpu = cpu_seconds()
    until = time.perf_counter() + part.get("ms", 1e9) / 1000
    while len(times) < most and (not times or time.perf_counter() < until):
        if pause:
            time.sleep(pause)
        start = time.perf_counter_ns()
        trip()
        times.append((time.perf_counter_ns() - start) / 1000)
    return latencies(times, cpu=(cpu_seconds() - cpu) / len(times) * 1e6)
