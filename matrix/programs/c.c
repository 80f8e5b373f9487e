/*
 * A participant of the matrix in C. ../README.md says what each does.
 *
 * Instance 1 puts and gets many messages with one call where instance 0 does them one by one.
 */
#define _POSIX_C_SOURCE 200809L
#include <interproc.h>
#include <stdbool.h>
#include <string.h>

#include "participant.h"

enum { BATCH = 16 };

static const char* name;
static bool writes;
static int64_t count, hold;
static uint32_t instance;
/* Words that other processes write meanwhile: whole ones, in no order that anything here relies upon but STOP's. */
static _Atomic int64_t* journal;
static _Atomic int64_t* progress;

static void need(ip_status status) {
  if (status != IP_OK) die("%s: %s", ip_strerror(status), ip_last_message());
}

static bool stopped(void) { return journal[STOP] != 0; }

static struct account account;

static void take(const uint8_t* bytes, size_t length) {
  count_in(&account, bytes, length);
  *progress = account.total;
}

/* ---- Queues and pipes */

static uint8_t buffer[BATCH * (size_t)LONGEST];

static ip_options named(void) { return (ip_options){.name = name, .codec = IP_CODEC_RAW}; }
static const ip_limits limits = {.capacity = 64 * 1024};

static int64_t put_batch(ip_object queue, int64_t sequence) {
  uint32_t lengths[BATCH], put = 0;
  size_t filled = 0;
  for (uint32_t at = 0; at < BATCH; ++at) {
    lengths[at] = (uint32_t)message(instance, (uint32_t)(sequence + at), buffer + filled);
    filled += lengths[at];
  }
  const uint32_t wanted = sequence + BATCH <= count || count == 0 ? BATCH : (uint32_t)(count - sequence);
  need(ip_queue_put_many(queue, buffer, lengths, wanted, -1, 0, &put));
  return put;
}

static void queue_writer(ip_object queue) {
  int64_t sequence = 0;
  while (sequence < count || !stopped()) {
    if (instance == 1) {
      sequence += put_batch(queue, sequence);
    } else {
      const size_t length = message(instance, (uint32_t)sequence, buffer);
      need(ip_queue_put(queue, buffer, length, -1, 0));
      ++sequence;
    }
    *progress = sequence;
  }
  say("{\"messages\":%lld}", (long long)sequence);
}

static void queue_reader(ip_object queue) {
  for (;;) {
    uint32_t lengths[BATCH] = {0}, got = 1;
    size_t length = 0;
    const ip_status status = instance == 1
                                 ? ip_queue_get_many(queue, buffer, sizeof buffer, lengths, BATCH, &got, &length, -1, 0)
                                 : ip_queue_get(queue, buffer, sizeof buffer, &length, -1, 0);
    if (status == IP_SHUT_DOWN) break;
    need(status);
    if (instance == 0) lengths[0] = (uint32_t)length;
    const uint8_t* at = buffer;
    for (uint32_t index = 0; index < got; at += lengths[index++]) take(at, lengths[index]);
  }
  say_account(&account, "shut-down");
}

static void pipe_writer(ip_object end) {
  int64_t sequence = 0;
  while (sequence < count || !stopped()) {
    const size_t length = message(0, (uint32_t)sequence, buffer);
    const ip_status status = ip_pipe_send(end, buffer, length, -1);
    if (status == IP_BROKEN_PIPE) {
      say("{\"messages\":%lld,\"end\":\"broken-pipe\"}", (long long)sequence);
      return;
    }
    need(status);
    *progress = ++sequence;
  }
  need(ip_close(end));
  say("{\"messages\":%lld,\"end\":\"done\"}", (long long)sequence);
}

static void pipe_reader(ip_object end) {
  for (;;) {
    size_t length = 0;
    const ip_status status = ip_pipe_receive(end, buffer, sizeof buffer, &length, -1);
    if (status == IP_END_OF_FILE) break;
    need(status);
    take(buffer, length);
  }
  say_account(&account, "eof");
}

/* ---- Values, arrays and locks: `act` in a critical section, `least` times, and once more after the driver has said
 * stop
 */

static void turns(ip_object lock, int64_t least, void (*act)(bool half), void (*check)(bool abandoned)) {
  int64_t rounds = 0, found = 0;
  for (bool last = false; !last;) {
    last = rounds + 1 >= least && stopped();
    int abandoned = 0;
    need(ip_lock_acquire(lock, -1, &abandoned));
    found += abandoned;
    if (check != NULL) check(abandoned != 0);
    if (rounds == hold) {
      act(true);
      say("{\"held\":%lld}", (long long)rounds);
      told();
    }
    act(false);
    need(ip_lock_release(lock));
    *progress = ++rounds;
  }
  say("{\"rounds\":%lld,\"abandoned\":%lld}", (long long)rounds, (long long)found);
}

static int64_t* number;

static void add(bool half) {
  (void)half;
  *number += writes ? 1 : INT64_C(1) << 32;
}

static int32_t* elements;

static void raise_elements(bool half) {
  int32_t* mine = elements + (writes ? 0 : 100);
  for (int index = 0; index < (half ? 50 : 100); ++index) ++mine[index];
}

static void check_elements(bool abandoned) {
  int32_t* theirs = elements + (writes ? 100 : 0);
  if (abandoned)
    for (int index = 1; index < 100; ++index) theirs[index] = theirs[0];
  for (int index = 0; index < 200; ++index)
    if (elements[index] != elements[index < 100 ? 0 : 100]) die("half a write at %d", index);
}

static void raise_words(bool half) {
  journal[FIRST] = journal[FIRST] + 1;
  if (!half) journal[SECOND] = journal[SECOND] + 1;
}

static void check_words(bool abandoned) {
  if (abandoned) journal[SECOND] = journal[FIRST];
  if (journal[FIRST] != journal[SECOND]) die("another one is in the critical section");
}

/* ---- Events: question and answer in turns */

static void event_writer(ip_object question, ip_object answer) {
  int64_t rounds = 0;
  struct waits waits = {.count = 0};
  while (rounds < count || !stopped()) {
    journal[PAYLOAD] = rounds + 1;
    if (rounds % LATE_EVERY == LATE_QUESTION) be_late();
    need(ip_event_set(question));
    const double began = milliseconds();
    need(ip_event_wait(answer, -1));
    if (rounds % LATE_EVERY == LATE_ANSWER) note_wait(&waits, began);
    need(ip_event_clear(answer));
    if (stopped() && rounds >= count) break;
    if (journal[PAYLOAD] != -(rounds + 1)) die("round %lld: no answer is there", (long long)rounds);
    *progress = ++rounds;
  }
  say_rounds(rounds, &waits);
}

static void event_reader(ip_object question, ip_object answer) {
  int64_t rounds = 0;
  struct waits waits = {.count = 0};
  while (rounds < count || !stopped()) {
    const double began = milliseconds();
    need(ip_event_wait(question, -1));
    if (rounds % LATE_EVERY == LATE_QUESTION) note_wait(&waits, began);
    need(ip_event_clear(question));
    if (stopped() && rounds >= count) break;
    if (journal[PAYLOAD] != rounds + 1) die("round %lld: no question is there", (long long)rounds);
    journal[PAYLOAD] = -(rounds + 1);
    if (rounds % LATE_EVERY == LATE_ANSWER) be_late();
    need(ip_event_set(answer));
    *progress = ++rounds;
  }
  say_rounds(rounds, &waits);
}

/* ---- What the arguments say */

static ip_object pipe_end(bool creates) {
  ip_object ends[2], claimed;
  if (!creates) {
    need(ip_pipe_claim(name, 1, &claimed));
    return claimed;
  }
  const ip_options options = named();
  need(ip_pipe(&options, &limits, 1, ends));
  need(ip_pipe_send_away(ends[1]));
  return ends[0];
}

static ip_object event(const char* suffix, uint32_t how) {
  char full[256];
  snprintf(full, sizeof full, "%s%s", name, suffix);
  ip_object made;
  need(ip_event(how, &(ip_options){.name = full}, &made));
  return made;
}

static void open_journal(void) {
  char full[256];
  snprintf(full, sizeof full, "%s-journal", name);
  ip_object array;
  void* at;
  uint64_t length;
  need(ip_array(IP_OPEN, &(ip_options){.name = full}, &(ip_cell){.type = "q"}, &array));
  need(ip_cell_memory(array, &at, NULL, &length));
  if (length < 8) die("the journal has %llu words", (unsigned long long)length);
  journal = at;
  progress = journal + (writes ? 0 : 2) + instance;
}

static void run_cell(const char* kind, ip_object object) {
  void* at;
  need(ip_cell_memory(object, &at, NULL, NULL));
  if (strcmp(kind, "value") == 0) {
    number = at;
    turns(object, count, add, NULL);
  } else {
    elements = at;
    turns(object, (count + 99) / 100, raise_elements, check_elements);
  }
}

int main(int argc, char** argv) {
  if (argc != 7) die("%s writer|reader KIND NAME COUNT INSTANCE HOLD", argv[0]);
  const char* kind = argv[2];
  writes = strcmp(argv[1], "writer") == 0;
  name = argv[3];
  count = atoll(argv[4]);
  instance = (uint32_t)atoi(argv[5]);
  hold = atoll(argv[6]);
  open_journal();

  const bool creates = writes && instance == 0;
  const uint32_t how = creates ? IP_CREATE : IP_OPEN;
  const ip_options options = named();
  const ip_cell value = {.type = "q", .length = 1, .size = 8, .lock = 1};
  const ip_cell array = {.type = "i", .length = 200, .size = 4, .lock = 1};
  ip_object object = 0, answer = 0;
  if (!creates) told();
  switch (kind[0]) {
    case 'q':
      need(ip_queue(how, &options, &limits, IP_QUEUE, &object));
      break;
    case 'p':
      object = pipe_end(creates);
      break;
    case 'v':
      need(ip_value(how, &options, &value, &object));
      break;
    case 'a':
      need(ip_array(how, &options, &array, &object));
      break;
    case 'l':
      need(ip_lock(how, &options, &object));
      break;
    case 'e':
      object = event("", how), answer = event("-answer", how);
      break;
    default:
      die("no such kind: %s", kind);
  }
  say("{\"ready\":true}");
  told();
  switch (kind[0]) {
    case 'q':
      writes ? queue_writer(object) : queue_reader(object);
      break;
    case 'p':
      writes ? pipe_writer(object) : pipe_reader(object);
      break;
    case 'l':
      turns(object, count, raise_words, check_words);
      break;
    case 'e':
      writes ? event_writer(object, answer) : event_reader(object, answer);
      break;
    default:
      run_cell(kind, object);
  }
  return 0;
}
