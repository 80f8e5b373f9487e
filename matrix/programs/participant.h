/*
 * What the participants in C and C++ share: the talk with the driver, and messages. ../README.md describes both.
 */
#ifndef MATRIX_PARTICIPANT_H
#define MATRIX_PARTICIPANT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* Words of the journal. */
enum { STOP = 4, PAYLOAD = 5, FIRST = 6, SECOND = 7 };
enum { PRODUCERS = 2, LONGEST = 70000 + 12 };

/* ---- The driver */

static inline void die(const char* format, ...) {
  va_list values;
  va_start(values, format);
  vfprintf(stderr, format, values);
  va_end(values);
  fputc('\n', stderr);
  exit(1);
}

/* Waits for the driver, and ends with it. */
static inline void told(void) {
  char line[16];
  if (fgets(line, sizeof line, stdin) == NULL) exit(1);
}

static inline void say(const char* format, ...) {
  va_list values;
  va_start(values, format);
  vprintf(format, values);
  va_end(values);
  putchar('\n');
  fflush(stdout);
}

/* ---- Events: in some rounds a side is so late that the other one sleeps by then */

/* In milliseconds, and in which rounds of 500. */
enum { LATE = 10, LATE_EVERY = 500, LATE_QUESTION = 249, LATE_ANSWER = 499 };

static inline void be_late(void) {
  const struct timespec time = {0, LATE * 1000000L};
  nanosleep(&time, NULL);
}

static inline double milliseconds(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

struct waits {
  double took[64];
  int count;
};

static inline void note_wait(struct waits* waits, double began) {
  if (waits->count < 64) waits->took[waits->count++] = milliseconds() - began;
}

static inline void say_rounds(int64_t rounds, const struct waits* waits) {
  printf("{\"rounds\":%lld,\"waits\":[", (long long)rounds);
  for (int at = 0; at < waits->count; ++at) printf("%s%.3f", at > 0 ? "," : "", waits->took[at]);
  say("]}");
}

/* ---- Messages */

static inline uint32_t crc32(const uint8_t* bytes, size_t length) {
  static uint32_t table[256];
  if (table[1] == 0) {
    for (uint32_t byte = 0; byte < 256; ++byte) {
      uint32_t value = byte;
      for (int bit = 0; bit < 8; ++bit) value = value & 1 ? value >> 1 ^ UINT32_C(0xEDB88320) : value >> 1;
      table[byte] = value;
    }
  }
  uint32_t value = UINT32_MAX;
  for (size_t at = 0; at < length; ++at) value = value >> 8 ^ table[(value ^ bytes[at]) & 0xFF];
  return ~value;
}

static inline void store(uint8_t* at, uint32_t value) {
  for (int byte = 0; byte < 4; ++byte) at[byte] = (uint8_t)(value >> 8 * byte);
}

static inline uint32_t load(const uint8_t* at) {
  uint32_t value = 0;
  for (int byte = 0; byte < 4; ++byte) value |= (uint32_t)at[byte] << 8 * byte;
  return value;
}

static inline size_t body_length(uint32_t sequence) { return sequence % 1000 == 999 ? 70000 : sequence * 7u % 61u; }

/* Writes LONGEST bytes at the most; how many. */
static inline size_t message(uint32_t producer, uint32_t sequence, uint8_t* out) {
  const size_t length = body_length(sequence);
  store(out, producer);
  store(out + 4, sequence);
  for (size_t at = 0; at < length; ++at) out[8 + at] = (uint8_t)(sequence + producer * 31 + at);
  store(out + 8 + length, crc32(out, 8 + length));
  return length + 12;
}

struct account {
  int64_t messages[PRODUCERS], sums[PRODUCERS], next[PRODUCERS], total;
};

/* Counts a message in; ends the program for one that is damaged or out of its producer's order. */
static inline void count_in(struct account* account, const uint8_t* bytes, size_t length) {
  const uint32_t producer = length >= 12 ? load(bytes) : 0, sequence = length >= 12 ? load(bytes + 4) : 0;
  if (length != body_length(sequence) + 12 || producer >= PRODUCERS)
    die("message %u of producer %u has %zu bytes", sequence, producer, length);
  const uint32_t sum = crc32(bytes, length - 4);
  if (sum != load(bytes + length - 4)) die("message %u of producer %u is damaged", sequence, producer);
  int64_t* next = &account->next[producer];
  if (sequence < *next) die("message %u of producer %u after %lld", sequence, producer, (long long)*next - 1);
  *next = (int64_t)sequence + 1;
  ++account->messages[producer];
  account->sums[producer] += sum;
  ++account->total;
}

static inline void say_account(const struct account* account, const char* end) {
  const int64_t *messages = account->messages, *sums = account->sums, *next = account->next;
  say("{\"messages\":[%lld,%lld],\"sums\":[%lld,%lld],\"next\":[%lld,%lld],\"end\":\"%s\"}", (long long)messages[0],
      (long long)messages[1], (long long)sums[0], (long long)sums[1], (long long)next[0], (long long)next[1], end);
}

#endif
