// What the fuzz targets share: an input that is read as steps, words that it spoils, and rules that must hold.
//
// A target makes a true object with the code itself and lets the input decide what happens to it: calls, with arguments
// from the input, and stores into its shared bytes in between, as any process with the file open could make them. So an
// input of a few bytes gets past every check that a valid object passes, which bytes alone seldom would. Nothing may
// come of it but a Status. The sanitizers see what is read or written outside, -timeout what does not end.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <span>
#include <string>
#include <vector>

#include "system/atomic.h"
#include "system/status.h"

namespace fuzz {

using namespace interproc;  // NOLINT: these are the names under test

using Input = FuzzedDataProvider;
using Bytes = std::vector<std::byte>;

// Ends the run: a rule was broken that no sanitizer knows of.
[[noreturn]] inline void broken(const char* rule) {
  std::fprintf(stderr, "broken rule: %s\n", rule);
  std::abort();
}
inline void must(bool holds, const char* rule) {
  if (!holds) broken(rule);
}
inline void must(const Status& status, const char* what) {
  if (status.ok()) return;
  std::fprintf(stderr, "code %d, error %d (%s)\n", static_cast<int>(status.code), status.error,
               status.call != nullptr ? status.call : "-");
  broken(what);
}

// How many steps of an input are taken: enough to fill a small ring, few enough to be quick.
constexpr int kMostSteps = 100;
template <class Step>
void each_step(Input& in, Step step) {
  for (int taken = 0; taken < kMostSteps && in.remaining_bytes() > 0; ++taken) step();
}

inline std::uint64_t number(Input& in, std::uint64_t most) { return in.ConsumeIntegralInRange<std::uint64_t>(0, most); }

// Values that break arithmetic more often than chance does, beside any.
inline std::uint64_t spoiled(Input& in, std::uint64_t old) {
  switch (in.ConsumeIntegralInRange<int>(0, 11)) {
    case 0:
      return 0;
    case 1:
      return UINT64_MAX;
    case 2:
      return old + 1;
    case 3:
      return old - 1;
    case 4:
      return old ^ std::uint64_t{1} << number(in, 63);
    case 5:
      return old + (number(in, 255) << 36);  // a record more or less in a position
    case 6:
      return old + number(in, 255) * 8;
    case 7:
      return number(in, 0xffff);
    case 8:
      return number(in, 0xffff) << 32 | (old & 0xffffffff);
    case 9:
      return (old & ~std::uint64_t{0xffffffff}) | number(in, UINT32_MAX);
    default:
      return in.ConsumeIntegral<std::uint64_t>();
  }
}

// One hostile store into shared bytes, of a whole word: nothing here tears, and the race detector has nothing to say.
inline void spoil(Input& in, std::span<std::byte> area) {
  if (area.size() < 8) return;
  auto& word = *reinterpret_cast<std::uint64_t*>(area.data() + number(in, area.size() / 8 - 1) * 8);
  store_relaxed(word, spoiled(in, load_relaxed(word)));
}

// Bytes to send: their content is of no interest, their number is.
inline std::span<const std::byte> payload(std::uint64_t bytes) {
  static const Bytes all(200'000, std::byte{0x5a});
  return std::span(all).first(bytes);
}
// Where to receive: what is not written stays poisoned for whoever would read it.
inline std::span<std::byte> room(std::uint64_t bytes) {
  static Bytes all(200'000);
  return std::span(all).first(bytes);
}

// A name of this process; the same for each input.
std::string name_of(const char* stem);
// Removes what an input left, whatever it is.
void clear_shm(const std::string& name);
// Whether this process has a /dev/shm of its own (scripts/fuzz.mjs): where not, what sweeps would meet other programs.
bool private_shm();

}  // namespace fuzz
