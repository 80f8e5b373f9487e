#!/usr/bin/env bash
# Builds the core and its tests for arm64, and runs them under qemu where that is installed.
# Debian's packages: g++-aarch64-linux-gnu, and qemu-user-static to run. Arguments go to the tests;
# --build-only as the first one builds the library alone.
set -euo pipefail
cd "$(dirname "$0")/.."

build=build/native-arm64
cmake -S . -B "$build" \
  -DCMAKE_TOOLCHAIN_FILE="$PWD/cmake/aarch64-linux-gnu.cmake" \
  -DCMAKE_BUILD_TYPE=Release -DINTERPROC_BUILD_TESTS=ON -DINTERPROC_CRASH_POINTS=ON
if [ "${1:-}" = --build-only ]; then
  cmake --build "$build" --parallel "$(nproc)" --target interproc_abi
  exit
fi
cmake --build "$build" --parallel "$(nproc)"

if command -v qemu-aarch64-static >/dev/null; then
  timeout 600 qemu-aarch64-static -L /usr/aarch64-linux-gnu "$build/interproc_tests" \
    --no-colors=true "$@"
else
  echo "qemu-aarch64-static is not installed: built, not run"
fi
