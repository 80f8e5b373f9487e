"""What the tests share: names that leave nothing behind, children, and Node.js on the other side."""

import json
import os
import subprocess
import sys
import threading
import uuid
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "python"))

#: Longer than anything takes that is not stuck, in seconds.
PATIENCE = 60


@pytest.fixture
def name():
    """A name; when the test ends no file of that name may be left."""
    made = f"py-{os.getpid()}-{uuid.uuid4().hex[:8]}"
    yield made
    left = [file for file in os.listdir("/dev/shm") if made in file]
    assert not left, f"left behind: {left}"


def _environment():
    return {**os.environ, "PYTHONPATH": str(ROOT / "python"), "PYTHONUNBUFFERED": "1"}


class Child:
    """A process that runs a script; its lines of JSON are read with ``said()``."""

    def __init__(self, command, **more):
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=_environment(), **more
        )

    def said(self):
        too_late = threading.Timer(PATIENCE, self.process.kill)
        too_late.start()
        try:
            line = self.process.stdout.readline()
        finally:
            too_late.cancel()
        assert line, f"the child ended with {self.process.wait(PATIENCE)} before it said anything"
        return json.loads(line)

    def go(self):
        self.process.stdin.write("go\n")
        self.process.stdin.flush()

    def kill(self):
        self.process.kill()
        self.process.wait(PATIENCE)

    def wait(self):
        return self.process.wait(PATIENCE)


@pytest.fixture
def start():
    """Starts children, which do not outlive the test."""
    children = []

    def run(command):
        children.append(Child(command))
        return children[-1]

    yield run
    for child in children:
        if child.process.poll() is None:
            child.kill()
        child.process.stdin.close()
        child.process.stdout.close()


@pytest.fixture
def python(start):
    """Runs a Python script that has ``interproc``, ``say(value)`` and ``sys``."""
    prelude = "import interproc, json, sys, time, os\ndef say(value): print(json.dumps(value), flush=True)\n"
    return lambda script, *args: start([sys.executable, "-c", prelude + script, *args])


@pytest.fixture
def node(start):
    """Runs an ES module that has the names of ``interproc`` and ``say(value)``."""
    prelude = (
        f"import * as interproc from {json.dumps((ROOT / 'dist' / 'index.js').as_uri())};\n"
        "const say = (value) => console.log(JSON.stringify(value));\n"
        "const args = process.argv.slice(1);\n"
    )
    return lambda script, *args: start(["node", "--input-type=module", "-e", prelude + script, "--", *args])
