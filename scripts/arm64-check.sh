#!/usr/bin/env bash
# Builds the core and its tests for arm64, and runs them under qemu where that is installed.
# Debian's packages: g++-aarch64-linux-gnu, and qemu-user-static to run. Arguments go to the tests;
# --build-only as the first one runs none, and leaves out optimisation, which takes most of the time.
set -euo pipefail
cd "$(dirname "$0")/.."

build=build/native-arm64
type=Release
if [ "${1:-}" = --build-only ]; then type=Debug; fi
cmake -S . -B "$build" \
  -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/aarch64-linux-gnu.cmake" \
  -DCMAKE_BUILD_TYPE="$type" -DCMAKE_CXX_FLAGS_DEBUG=-O0 -DINTERPROC_BUILD_TESTS=ON -DINTERPROC_CRASH_POINTS=ON
cmake --build "$build" --parallel "$(nproc)"

if [ "${1:-}" = --build-only ]; then
  exit
elif command -v qemu-aarch64-static >/dev/null; then
  timeout 600 qemu-aarch64-static -L /usr/aarch64-linux-gnu "$build/interproc_tests" \
    --no-colors=true "$@"
else
  echo "qemu-aarch64-static is not installed: built, not run"
fi
