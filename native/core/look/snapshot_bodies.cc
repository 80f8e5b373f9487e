// What each kind of body says. One function for each kind, on a copy of its bytes.
#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>

#include "look/snapshot.h"
#include "messages/channel.h"
#include "sync/semaphore_file.h"

namespace interproc {
namespace {

constexpr std::uint32_t kGenerationMask = (1u << IPC_LOCK_GENERATION_BITS) - 1;
constexpr int kDepthLooks = 64;

double number(std::uint64_t value) { return static_cast<double>(value); }

class Looker {
 public:
  Looker(const QuietFile& file, std::string_view name, Snapshot& snapshot)
      : file_(file), name_(name), snapshot_(snapshot) {}

  void look() {
    switch (snapshot_.header.kind) {
      case IPC_KIND_QUEUE:
        return of<ipc_queue>([&](const ipc_queue& body) { queue(body); });
      case IPC_KIND_PIPE:
        return of<ipc_pipe>([&](const ipc_pipe& body) { pipe(body); });
      case IPC_KIND_CELL:
        return of<ipc_cell>([&](const ipc_cell& body) { cell(body); });
      case IPC_KIND_LOCK:
        return of<ipc_lock>([&](const ipc_lock& body) { lock("lock", body.lock); });
      case IPC_KIND_PRIORITY_QUEUE:
        return of<ipc_priority_queue>([&](const ipc_priority_queue& body) { priority_queue(body); });
      case IPC_KIND_SEMAPHORE:
        return of<ipc_semaphore>([&](const ipc_semaphore& body) { semaphore(body); });
      case IPC_KIND_EVENT:
        return of<ipc_event>([&](const ipc_event& body) { event(body); });
      case IPC_KIND_CONDITION:
        return of<ipc_condition>([&](const ipc_condition& body) { condition(body); });
      case IPC_KIND_BARRIER:
        return of<ipc_barrier>([&](const ipc_barrier& body) { barrier(body); });
      default:
        finding("the header's kind is none that this version knows");
    }
  }

 private:
  template <class Body, class Use>
  void of(Use use) {
    const auto body = std::make_unique<Body>();
    if (snapshot_.header.total_size < IPC_BODY_OFFSET + sizeof(Body) || !file_.read(IPC_BODY_OFFSET, *body)) {
      snapshot_.status = {Code::kTruncated};
      return;
    }
    use(*body);
  }

  void finding(const char* rule) { snapshot_.findings.push_back(rule); }
  void group(const char* name, std::vector<Fact> facts) { snapshot_.groups.push_back({name, std::move(facts)}); }
  [[nodiscard]] bool lives(std::uint32_t slot, std::uint32_t generation) const {
    const ParticipantView* found = snapshot_.participant(slot);
    return found != nullptr && found->generation == generation;
  }

  void waiters(const char* role, const ipc_wait_set& set) {
    WaitView view{role, {}};
    // What a dead one announced nobody has cleared yet: it waits no more.
    for (const ParticipantView& one : snapshot_.participants) {
      if ((set.bits[one.slot / 64] >> one.slot % 64 & 1) != 0) view.slots.push_back(one.slot);
    }
    snapshot_.waits.push_back(std::move(view));
  }

  [[nodiscard]] bool owner(std::uint32_t word, std::uint32_t& slot, bool& alive) const {
    slot = (word >> IPC_LOCK_GENERATION_BITS) - 1;
    const ParticipantView* found = snapshot_.participant(slot);
    alive = found != nullptr && (found->generation & kGenerationMask) == (word & kGenerationMask);
    return slot < IPC_PARTICIPANTS;
  }

  void owned(const char* role, const ipc_owned_lock& shared) {
    LockView view{.role = role, .held = shared.word != 0};
    if (view.held) {
      if (!owner(shared.word, view.slot, view.alive)) finding("a lock's owner is no participant");
      view.depth = shared.depth;
      view.acquired_at = shared.acquired_at;
    }
    snapshot_.locks.push_back(view);
  }
  void lock(const char* role, const ipc_owned_lock& shared) {
    owned(role, shared);
    waiters(role, shared.waiters);
  }

  // Head and tail of one moment: the head is the same before and after the tail was read.
  bool depth_of(std::uint64_t channel_offset, std::uint64_t ring, Position& head, Position& tail) {
    for (int look = 0; look < kDepthLooks; ++look) {
      Position again;
      if (!file_.read(channel_offset + offsetof(ipc_channel, head), head.word) ||
          !file_.read(channel_offset + offsetof(ipc_channel, tail), tail.word) ||
          !file_.read(channel_offset + offsetof(ipc_channel, head), again.word))
        return false;
      const bool possible = tail.bytes_since(head) <= ring && tail.records_since(head) <= ring / sizeof(ipc_record);
      if (possible && head.word == again.word) return true;
    }
    return false;
  }

  // Pages of the runs that are queued, as the table of the extents says it.
  std::uint64_t queued_pages(const ipc_channel& channel, Position head, Position tail) {
    const std::uint32_t pages = channel.extent_pages;
    if (pages == 0) return 0;
    const std::uint64_t total = snapshot_.header.total_size;
    const bool in_place =
        channel.table_offset == extent_table_offset(total, 0) || channel.table_offset == extent_table_offset(total, 1);
    const std::unique_ptr<ipc_run[]> table(new ipc_run[IPC_EXTENT_MAX_PAGES]());
    if (!in_place || pages > IPC_EXTENT_MAX_PAGES ||
        !file_.read_bytes(channel.table_offset, std::as_writable_bytes(std::span(table.get(), pages)))) {
      finding("the extents lie where they cannot");
      return 0;
    }
    std::uint64_t sum = 0;
    for (std::uint32_t page = 0; page < pages;) {
      const ipc_run& run = table[page];
      const std::uint64_t at = run.state >> 26 & Position::kUnitMask;
      const bool between =
          ((at - head.units()) & Position::kUnitMask) < ((tail.units() - head.units()) & Position::kUnitMask);
      const std::uint32_t length = std::clamp(run.pages, 1u, pages - page);
      if ((run.state & 3) == IPC_RUN_QUEUED && between) sum += length;
      page += length;
    }
    return sum;
  }

  void channel(const char* name, const char* not_empty, const char* not_full, std::uint64_t offset,
               const ipc_channel& shared) {
    const std::uint64_t ring = shared.ring_bytes;
    if (ring == 0) return;
    if (!std::has_single_bit(ring) || ring < kSmallestRing || ring > kLargestRing ||
        ring > snapshot_.header.total_size) {
      finding("a ring's size is not a power of two within bounds");
      return;
    }
    Position head, tail;
    const bool agree = depth_of(offset, ring, head, tail);
    if (!agree) finding("tail is more than a ring ahead of head, or their counts disagree");
    const std::uint64_t pages = agree ? queued_pages(shared, head, tail) : 0;
    std::uint32_t slot = 0;
    bool alive = false;
    const bool turn = shared.turn != 0 && owner(shared.turn, slot, alive) && alive;
    group(name, {{"messages", agree ? number(tail.records_since(head)) : 0},
                 {"bytes", agree ? number(tail.bytes_since(head)) : 0},
                 {"largeBytes", number(pages * IPC_EXTENT_PAGE)},
                 {"capacity", number(ring)},
                 {"maxItems", number(shared.max_items)},
                 {"maxBytes", number(shared.max_bytes)},
                 {"state", number(shared.state)},
                 {"turn", turn ? number(slot) : -1},
                 {"put", number(tail.word >> IPC_POSITION_BITS)},
                 {"taken", number(head.word >> IPC_POSITION_BITS)}});
    waiters(not_empty, shared.not_empty);
    waiters(not_full, shared.not_full);
  }

  void queue(const ipc_queue& body) {
    channel("channel", "not empty", "not full", IPC_BODY_OFFSET, body.channel);
    lock("put lock", body.put_lock);
    lock("get lock", body.get_lock);
    if (body.tally.enabled == 0) return;
    std::uint64_t open = 0, lost = body.tally.lost;
    for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
      const ipc_taken& taken = body.tally.taken[slot];
      if (taken.count == 0) continue;
      const bool alive = lives(slot, taken.generation);
      (alive ? open : lost) += taken.count;
      snapshot_.counts.push_back({"unfinished", slot, taken.count, alive});
    }
    group("tally", {{"unfinished", number(open)}, {"lost", number(lost)}});
    waiters("joined", body.tally.joined);
  }

  void pipe(const ipc_pipe& body) {
    static constexpr const char* kEnds[] = {"end 0", "end 1"};
    static constexpr const char* kChannels[] = {"channel 0", "channel 1"};
    static constexpr const char* kReads[] = {"end 1 readable", "end 0 readable"};
    static constexpr const char* kWrites[] = {"end 0 writable", "end 1 writable"};
    for (unsigned end = 0; end < 2; ++end) {
      const std::uint64_t word = body.end[end].word;
      const auto slot = static_cast<std::uint32_t>(word >> 8 & 0xffff);
      const auto state = static_cast<std::uint32_t>(word & 0xff);
      if (state > IPC_END_CLOSED || slot >= IPC_PARTICIPANTS) finding("an end of a pipe is in no state that there is");
      group(kEnds[end], {{"state", number(state)},
                         {"slot", number(slot)},
                         {"alive", lives(slot, static_cast<std::uint32_t>(word >> 32)) ? 1.0 : 0.0}});
      channel(kChannels[end], kReads[end], kWrites[end],
              IPC_BODY_OFFSET + offsetof(ipc_pipe, channel) + end * sizeof(ipc_channel), body.channel[end]);
    }
  }

  void cell(const ipc_cell& body) {
    const std::uint64_t total = snapshot_.header.total_size;
    if (body.data_offset > total || body.data_bytes > total - body.data_offset)
      finding("the memory of a value lies outside the segment");
    group("memory", {{"bytes", number(body.data_bytes)}});
    lock("lock", body.lock);
  }

  void priority_queue(const ipc_priority_queue& body) {
    group("channel", {{"messages", number(body.count)},
                      {"bytes", number(body.bytes)},
                      {"largeBytes", 0},
                      {"capacity", number(body.capacity)},
                      {"maxItems", number(body.max_items)},
                      {"maxBytes", number(body.max_bytes)},
                      {"state", number(body.state)},
                      {"turn", -1},
                      {"put", number(body.next_sequence)},
                      {"taken", number(body.next_sequence - body.count)},
                      {"changing", body.dirty != 0 ? 1.0 : 0.0}});
    if (body.count > std::uint64_t{body.slab.chunks} * IPC_CHUNK_BLOCKS)
      finding("more items are counted than there are blocks");
    waiters("not empty", body.not_empty);
    waiters("not full", body.not_full);
    lock("lock", body.lock);
  }

  void semaphore(const ipc_semaphore& body) {
    QuietFile file;
    FileFacts facts;
    sem_t copy;
    std::memset(static_cast<void*>(&copy), 0, sizeof copy);
    int value = -1;
    double blocked = 0;
    const std::string path = semaphore_path(name_);
    const bool read = file.open(path, facts).ok() && file.about().st_ino == body.inode &&
                      file.about().st_dev == body.device && file.read(0, copy) && ::sem_getvalue(&copy, &value) == 0;
    if (!read && body.state != IPC_SEMAPHORE_UNNAMED) finding("the semaphore's own file is gone or another one");
#if defined(__GLIBC__) && defined(__LP64__)
    // The C library counts who is blocked in the upper half; one that was killed there is counted for ever.
    std::uint64_t words = 0;
    std::memcpy(&words, &copy, sizeof words);
    blocked = number(words >> 32);
#endif
    group("semaphore", {{"value", read ? value : -1.0},
                        {"initial", number(body.initial)},
                        {"state", number(body.state)},
                        {"blocked", blocked}});
    waiters("permit", body.waiters);
    lock("post lock", body.post_lock);
  }

  void event(const ipc_event& body) {
    group("event", {{"set", number(body.word & 1)}, {"times", number(body.word >> 1)}});
    waiters("set", body.waiters);
  }

  void condition(const ipc_condition& body) {
    std::uint64_t waiting = 0, notified = 0;
    for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
      const std::uint64_t word = body.waits[slot];
      const auto waits = static_cast<std::uint32_t>(word & 0xffff);
      if (!lives(slot, static_cast<std::uint32_t>(word >> 32))) continue;
      notified += word >> 16 & 0xffff;
      if (waits == 0) continue;
      waiting += waits;
      snapshot_.counts.push_back({"waiting", slot, waits, true});
    }
    group("condition", {{"waiting", number(waiting)}, {"notified", number(notified)}});
    waiters("notified", body.waiters);
    lock("lock", body.lock);
  }

  void barrier(const ipc_barrier& body) {
    if (body.parties == 0 || body.parties > 0xffff) finding("a barrier's parties are out of range");
    const std::uint64_t round = body.control >> IPC_BARRIER_ROUND_SHIFT;
    const std::uint64_t acting = body.actor >> IPC_BARRIER_ROUND_SHIFT == round ? (body.actor & 0x1ff) : 0;
    for (std::uint32_t slot = 0; slot < IPC_PARTICIPANTS; ++slot) {
      const ipc_barrier_party& party = body.party[slot];
      const auto waits = static_cast<std::uint32_t>(party.arrived & 0xffff);
      if (waits == 0 || party.arrived >> 32 != (round & 0xffffffff)) continue;
      snapshot_.counts.push_back({"waiting", slot, waits, lives(slot, party.generation)});
    }
    group("barrier", {{"parties", number(body.parties)},
                      {"arrived", number(body.control >> 2 & 0xffff)},
                      {"state", number(body.control & 3)},
                      {"round", number(round)},
                      {"actor", acting != 0 ? number(acting - 1) : -1}});
    waiters("over", body.waiters);
  }

  const QuietFile& file_;
  std::string_view name_;
  Snapshot& snapshot_;
};

}  // namespace

void look_into_body(const QuietFile& file, std::string_view name, Snapshot& snapshot) {
  Looker(file, name, snapshot).look();
}

}  // namespace interproc
