"""What pyproject.toml cannot say: the extension in C, without which the package works too, at a third of the speed."""

import sys
from glob import glob

from setuptools import Extension, setup

speed = Extension(
    "interproc._speed",
    sources=sorted(glob("speed/*.c")),
    depends=["speed/speed.h"],
    extra_compile_args=["-std=c11", "-O3", "-fvisibility=hidden", "-Wall", "-Wextra"],
    optional=True,  # no compiler, or no Python.h: the package is installed without it
)

setup(ext_modules=[speed] if sys.implementation.name == "cpython" else [])
