// For targets that only look: an object of any kind, used and spoiled as the input says, is looked at while it lives,
// and then as a file that somebody cut off, lengthened or wrote over.
#pragma once

#include "file.h"
#include "object.h"

namespace fuzz {

// Of a file that is copied: the fixed part, the table of pages, some pages.
constexpr std::size_t kMostBytes = std::size_t{3} << 20;

// A stretch of a file where the words lie that lead from the body to other places.
struct Place {
  std::uint64_t offset;
  std::uint64_t bytes;
};
using Places = std::vector<Place>;

inline void add_places(const ipc_channel& channel, Places& places) {
  if (channel.ring_bytes == 0) return;
  places.push_back({channel.ring_offset, 256});
  places.push_back({channel.table_offset, 12 * sizeof(ipc_run)});
}
inline Places places_of(const ipc_queue& body) {
  Places places;
  add_places(body.channel, places);
  return places;
}
inline Places places_of(const ipc_pipe& body) {
  Places places;
  for (const ipc_channel& channel : body.channel) add_places(channel, places);
  return places;
}
inline Places places_of(const ipc_priority_queue& body) {
  return {{body.slab.offset + offsetof(ipc_chunk, links), 40 * sizeof(std::uint32_t)},
          {body.slab.offset + offsetof(ipc_chunk, heap), 20 * sizeof(ipc_heap_node)},
          {body.slab.offset, 40 * IPC_BLOCK}};
}
template <class Body>
Places places_of(const Body&) {
  return {};
}

// A hostile word in the file. Nothing where the file ends before it: holes are nobody's to spoil.
inline void spoil_file(Input& in, int fd, Place place) {
  const auto at = static_cast<off_t>(place.offset + number(in, place.bytes / 8 - 1) * 8);
  std::uint64_t word = 0;
  if (::pread(fd, &word, sizeof word, at) != sizeof word) return;
  word = spoiled(in, word);
  must(::pwrite(fd, &word, sizeof word, at) == sizeof word, "pwrite");
}

// `look(name, kept)`: kept says that nobody broke the rules, so that there is nothing to be found.
template <class Object, class Body, class Create, class Look>
void looked_at(Input& in, const char* stem, Create create, Look look) {
  const std::string name = name_of(stem);
  clear_shm(name);
  Bytes bytes;
  {
    std::unique_ptr<Object> a, b;
    must(create(name, a), "a fresh object can be made");
    must(Object::open(name, b), "and opened");
    const Seen seen(a->segment().fd(), 0, a->segment().header().total_size);
    const Places places = places_of(a->segment().template body<Body>());
    bool kept = true;
    each_step(in, [&] {
      switch (number(in, 9)) {
        case 0:
        case 1:
          kept = false;
          spoil_segment(in, seen, sizeof(Body));
          break;
        case 2:
        case 3:
          if (places.empty()) break;
          kept = false;
          spoil_file(in, a->segment().fd(), places[number(in, places.size() - 1)]);
          break;
        case 4:
          look(name, kept);
          break;
        default:
          use(in, in.ConsumeBool() ? *a : *b);
      }
    });
    look(name, kept);
    bytes = read_file(a->segment().fd(), kMostBytes);
  }
  clear_shm(name);
  if (number(in, 1) == 0) bytes.resize(number(in, bytes.size() + 4096));
  if (bytes.size() >= sizeof(ipc_header)) {
    const std::uint64_t changes = number(in, 2);
    for (std::uint64_t i = 0; i < changes; ++i) spoil(in, std::span(bytes).first(sizeof(ipc_header)));
  }
  {
    const PlantedFile file(segment_path(name), bytes, in.ConsumeBool() ? static_cast<int>(number(in, 255)) : -1);
    look(name, false);
    must(file.named(), "who looks removes nothing");
  }
  clear_shm(name);
}

// Of a kind of the input's choice.
template <class Look>
void look_at_any(Input& in, const char* stem, Look look) {
  const CreateOptions options{.meta = R"({"kind":"value","type":"i","length":1})"};
  using Name = std::string_view;
  switch (number(in, 8)) {
    case 0: {
      const ChannelPlan plan{4096, number(in, 20), 0};
      const bool joinable = in.ConsumeBool();
      return looked_at<Queue, ipc_queue>(
          in, stem,
          [&](Name name, std::unique_ptr<Queue>& out) { return Queue::create(name, plan, options, out, joinable); },
          look);
    }
    case 1: {
      const PipePlan plan{{4096, 0, 0}, in.ConsumeBool()};
      return looked_at<Pipe, ipc_pipe>(
          in, stem, [&](Name name, std::unique_ptr<Pipe>& out) { return Pipe::create(name, plan, options, out); },
          look);
    }
    case 2: {
      const PriorityQueuePlan plan{4096, number(in, 20), 0};
      return looked_at<PriorityQueue, ipc_priority_queue>(
          in, stem,
          [&](Name name, std::unique_ptr<PriorityQueue>& out) {
            return PriorityQueue::create(name, plan, options, out);
          },
          look);
    }
    case 3:
      return looked_at<Cell, ipc_cell>(
          in, stem, [&](Name name, std::unique_ptr<Cell>& out) { return Cell::create(name, 200, options, out); }, look);
    case 4:
      return looked_at<Mutex, ipc_lock>(
          in, stem, [&](Name name, std::unique_ptr<Mutex>& out) { return Mutex::create(name, options, out); }, look);
    case 5:
      return looked_at<Semaphore, ipc_semaphore>(
          in, stem,
          [&](Name name, std::unique_ptr<Semaphore>& out) { return Semaphore::create(name, 1, options, out); }, look);
    case 6:
      return looked_at<Event, ipc_event>(
          in, stem, [&](Name name, std::unique_ptr<Event>& out) { return Event::create(name, options, out); }, look);
    case 7:
      return looked_at<ConditionVariable, ipc_condition>(
          in, stem,
          [&](Name name, std::unique_ptr<ConditionVariable>& out) {
            return ConditionVariable::create(name, options, out);
          },
          look);
    default:
      return looked_at<Barrier, ipc_barrier>(
          in, stem, [&](Name name, std::unique_ptr<Barrier>& out) { return Barrier::create(name, 3, options, out); },
          look);
  }
}

}  // namespace fuzz
