"""The package as pip installs it: with the extension where there is a compiler, and without it where there is none."""

import os
import shutil
import subprocess
import sys
import tarfile
from importlib.util import find_spec
from pathlib import Path

import pytest

from conftest import PATIENCE, ROOT

# Not imported: setuptools puts itself in the place of parts of the standard library.
missing = [name for name in ("pip", "setuptools", "wheel") if find_spec(name) is None]
pytestmark = pytest.mark.skipif(bool(missing), reason=f"not installed: {missing}")

SCRIPT = "import interproc; q = interproc.Queue(); q.put([1]); print(interproc.__file__, interproc.accelerated, q.get())"


def run(folder, *command, **environment):
    told = subprocess.run(
        command, cwd=folder, env={**os.environ, **environment}, capture_output=True, text=True, timeout=3 * PATIENCE
    )
    assert told.returncode == 0, told.stdout + told.stderr
    return told.stdout


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    """What is published: the sources."""
    folder = tmp_path_factory.mktemp("sources") / "python"
    ignored = shutil.ignore_patterns("build", "__pycache__", "*.so", "*.egg-info")
    shutil.copytree(ROOT / "python", folder, ignore=ignored)
    run(folder, sys.executable, "setup.py", "-q", "sdist")
    (made,) = (folder / "dist").iterdir()
    return made


def test_the_sources_of_the_extension_are_published(archive):
    inside = {Path(name).relative_to(Path(name).parts[0]).as_posix() for name in tarfile.open(archive).getnames()}
    for folder in ("speed", "interproc"):
        needed = {path.name for path in (ROOT / "python" / folder).iterdir() if path.suffix in (".c", ".h", ".py", ".typed")}
        assert needed and {f"{folder}/{name}" for name in needed} <= inside


@pytest.mark.parametrize("compiler", [True, False], ids=["with a compiler", "without a compiler"])
def test_pip_installs_it(archive, tmp_path, compiler):
    if compiler and shutil.which("cc") is None:
        pytest.skip("there is no compiler")
    run(
        tmp_path, sys.executable, "-m", "pip", "install", "--quiet", "--no-index", "--no-deps", "--no-build-isolation",
        "--target", "there", str(archive), **({} if compiler else {"CC": "/nowhere/cc"}),
    )  # fmt: skip
    library = os.environ.get("INTERPROC_LIBRARY", str(ROOT / "build" / "Release" / "libinterproc.so.1"))
    clean = {"INTERPROC_EXTENSION": "", "INTERPROC_PURE_PYTHON": "", "INTERPROC_LIBRARY": library}
    file, accelerated, got = run(tmp_path, sys.executable, "-c", SCRIPT, PYTHONPATH="there", **clean).split()
    assert Path(file).resolve().is_relative_to(tmp_path.resolve())
    assert (accelerated, got) == (str(compiler), "[1]")
