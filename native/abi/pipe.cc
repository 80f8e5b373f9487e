// Ends of pipes. The participant that owns them is the record's; a thread's own seat is for sleeping.
#include "messages/channel.h"
#include "opening.h"
#include "pipe_calls.h"

using namespace interproc;
using namespace interproc::abi;

namespace {

constexpr std::uint64_t kDefaultCapacity = 1 << 20;

// A record whose pipe belongs to it rather than to a thread.
std::shared_ptr<Record> pipe_record(std::unique_ptr<Pipe> pipe) {
  auto record = std::make_shared<Record>();
  if (describe(*pipe, *record) != IP_OK) return nullptr;
  record->pipe = std::move(pipe);
  return record;
}

std::span<std::byte> span_of(void* bytes, std::size_t length) { return {static_cast<std::byte*>(bytes), length}; }

}  // namespace

ip_status ip_pipe(const ip_options* options, const ip_limits* limits, int duplex, ip_object ends[2]) {
  Creation creation;
  if (const ip_status status = read_options(IP_CREATE, options, "{}", creation); status != IP_OK) return status;
  const ip_limits given = limits != nullptr ? *limits : ip_limits{};
  if (ends == nullptr) return fail(IP_INVALID, "there is nowhere to put the ends");
  if (given.capacity > kLargestRing || given.max_bytes > kLargestMessage)
    return fail(IP_INVALID, "a capacity is at most 1 GiB, max_bytes at most 4 GiB - 1");
  const PipePlan plan{{given.capacity != 0 ? given.capacity : kDefaultCapacity, 0, given.max_bytes}, duplex != 0};
  const bool made_up = creation.name.empty();
  std::unique_ptr<Pipe> pipe;
  for (;;) {
    if (made_up) creation.name = unique_name();
    creation.core.meta = creation.meta;
    const Status s = Pipe::create(creation.name, plan, creation.core, pipe);
    if (made_up && s.code == Code::kSystem && s.error == EEXIST) continue;
    if (!s.ok()) return fail(s, creation.name);
    break;
  }
  const auto record = pipe_record(std::move(pipe));
  if (!record) return IP_CORRUPT;
  ends[0] = adopt(record, nullptr, 0);
  ends[1] = number_again(record, 1);
  return IP_OK;
}

ip_status ip_pipe_claim(const char* name, uint32_t end, ip_object* out) {
  if (name == nullptr || !valid_name(name) || end > 1 || out == nullptr) return fail(IP_INVALID, "no end of a pipe");
  const std::lock_guard guard(opening_mutex());
  if (const auto known = find_open(name, IPC_KIND_PIPE)) {
    const Status s = attempt({known, end, IP_OK}, [&](Pipe& pipe) {
      // Claiming what is one's own already succeeds; here that is another number's end.
      return pipe.owner(end) && pipe.arrived(end) ? Status{Code::kTaken} : pipe.claim(end);
    });
    if (!s.ok()) return fail(s, name);
    *out = number_again(known, end);
    return *out != 0 ? ip_status{IP_OK} : fail(IP_CLOSED, "the pipe was closed");
  }
  std::unique_ptr<Pipe> pipe;
  if (const Status s = Pipe::open(name, pipe); !s.ok()) return fail(s, name);
  if (const Status s = pipe->claim(end); !s.ok()) {
    pipe->segment().detach();
    return fail(s, name);
  }
  const auto record = pipe_record(std::move(pipe));
  if (!record) return IP_CORRUPT;
  *out = adopt(record, nullptr, end);
  return IP_OK;
}

ip_status ip_pipe_send_away(ip_object number) {
  const Found found = find_end(number);
  if (found.status != IP_OK) return found.status;
  const Status s = attempt(found, [&](Pipe& pipe) { return pipe.send_away(found.end); });
  return s.ok() ? ip_status{IP_OK} : fail(s, found.record->name);
}

ip_status ip_pipe_take_back(ip_object number) {
  const Found found = find_end(number);
  if (found.status != IP_OK) return found.status;
  const Status s = attempt(found, [&](Pipe& pipe) { return pipe.claim(found.end); });
  return s.ok() ? ip_status{IP_OK} : fail(s, found.record->name);
}

int ip_pipe_arrived(ip_object number) {
  const Found found = find_end(number);
  if (found.status != IP_OK) return 1;
  return attempt(found, [&](Pipe& pipe) { return Status{pipe.arrived(found.end) ? Code::kOk : Code::kBusy}; }).ok() ? 1
                                                                                                                    : 0;
}

ip_status ip_pipe_send(ip_object number, const void* bytes, size_t length, int64_t timeout) {
  const Found found = find_end(number);
  if (found.status != IP_OK) return found.status;
  if (!writable(found)) return fail(IP_NOT_WRITABLE, ip_strerror(IP_NOT_WRITABLE));
  const std::span<const std::byte> message(static_cast<const std::byte*>(bytes), length);
  return until_done(number, found, timeout, Pipe::writable_of(found.end), length,
                    [&](Pipe& pipe) { return pipe.send(found.end, message); });
}

ip_status ip_pipe_receive(ip_object number, void* buffer, size_t capacity, size_t* length, int64_t timeout) {
  const Found found = find_end(number);
  if (found.status != IP_OK) return found.status;
  if (!readable(found)) return fail(IP_NOT_READABLE, ip_strerror(IP_NOT_READABLE));
  return until_done(number, found, timeout, Pipe::readable_of(found.end), 0, [&](Pipe& pipe) {
    std::uint64_t found_length = 0;
    const Status s = pipe.receive(found.end, span_of(buffer, capacity), found_length);
    if (s.ok() || s.code == Code::kSmallBuffer || s.code == Code::kLoan) *length = found_length;
    return s;
  });
}

ip_status ip_pipe_next_length(ip_object number, size_t* length, int64_t timeout) {
  const Found found = find_end(number);
  if (found.status != IP_OK) return found.status;
  if (!readable(found)) return fail(IP_NOT_READABLE, ip_strerror(IP_NOT_READABLE));
  return until_done(number, found, timeout, Pipe::readable_of(found.end), 0, [&](Pipe& pipe) {
    std::uint64_t found_length = 0;
    const Status s = pipe.next_length(found.end, found_length);
    if (s.ok() && length != nullptr) *length = found_length;
    return s;
  });
}

ip_status ip_pipe_abilities(ip_object number, int* can_read, int* can_write) {
  const Found found = find_end(number);
  if (found.status != IP_OK) return found.status;
  if (can_read != nullptr) *can_read = readable(found) ? 1 : 0;
  if (can_write != nullptr) *can_write = writable(found) ? 1 : 0;
  return IP_OK;
}
