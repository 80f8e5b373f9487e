// Attaching to whatever stands in a file: the input's own bytes, or a true object's with some of them changed, cut off
// or extended. What can be opened after all is then used.
#include "file.h"
#include "object.h"

using namespace fuzz;

namespace {

constexpr int kKinds = 9;

template <class Object, class Create>
Bytes image_of(Create create) {
  const std::string name = name_of("image");
  clear_shm(name);
  std::unique_ptr<Object> object;
  must(create(name, object), "a fresh object can be made");
  Bytes bytes = read_file(object->segment().fd());
  object.reset();
  clear_shm(name);
  return bytes;
}

// What the code itself writes, made once.
const Bytes& image(int kind) {
  static const CreateOptions options{.meta = R"({"kind":"value","type":"i","length":1})"};
  static const std::vector<Bytes> images = {
      image_of<Queue>([](auto name, auto& out) {
        return Queue::create(name, {4096, 0, 0}, options, out);
      }),
      image_of<Pipe>([](auto name, auto& out) {
        return Pipe::create(name, {{4096, 0, 0}, true}, options, out);
      }),
      image_of<Cell>([](auto name, auto& out) { return Cell::create(name, 64, options, out); }),
      image_of<Mutex>([](auto name, auto& out) { return Mutex::create(name, options, out); }),
      image_of<PriorityQueue>([](auto name, auto& out) {
        return PriorityQueue::create(name, {4096, 0, 0}, options, out);
      }),
      image_of<Semaphore>([](auto name, auto& out) { return Semaphore::create(name, 1, options, out); }),
      image_of<Event>([](auto name, auto& out) { return Event::create(name, options, out); }),
      image_of<ConditionVariable>([](auto name, auto& out) { return ConditionVariable::create(name, options, out); }),
      image_of<Barrier>([](auto name, auto& out) { return Barrier::create(name, 2, options, out); }),
  };
  return images[static_cast<std::size_t>(kind)];
}

void change(Input& in, Bytes& bytes) {
  const std::uint64_t changes = number(in, 6);
  for (std::uint64_t i = 0; i < changes && bytes.size() >= 8; ++i) {
    const std::span<std::byte> all(bytes);
    const std::uint64_t body = std::min<std::uint64_t>(IPC_BODY_OFFSET, bytes.size());
    switch (number(in, 3)) {
      case 0:
        spoil(in, all);
        break;
      case 1:
        spoil(in, all.subspan(body, std::min<std::uint64_t>(256, bytes.size() - body)));
        break;
      default:
        spoil(in, all.first(std::min<std::uint64_t>(sizeof(ipc_header), bytes.size())));
    }
  }
  if (number(in, 7) == 0) bytes.resize(number(in, bytes.size() + 4096) & ~std::uint64_t{in.ConsumeBool() ? 0u : 7u});
}

template <class Object>
void open_and_use(Input& in, const std::string& name, const PlantedFile& file, bool used) {
  const Bytes before = read_file(file.fd());
  std::unique_ptr<Object> object;
  const Status status = Object::open(name, object);
  if (!status.ok()) {
    must(object == nullptr, "a failed open gives no object");
    const bool removed = status.code == Code::kSystem && status.error == ENOENT;
    must(file.named() || (removed && !used), "a failed open removes nothing but what all its users have left");
    return;
  }
  for (int step = 0; step < 20 && in.remaining_bytes() > 0; ++step) use(in, *object);
  object->leave(Leaving::kOrderly);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const auto kind = in.ConsumeIntegralInRange<int>(0, kKinds - 1);
  const bool used = number(in, 7) != 0;
  Bytes bytes;
  if (number(in, 3) == 0) {
    const std::string own = in.ConsumeBytesAsString(in.remaining_bytes());
    bytes.assign(reinterpret_cast<const std::byte*>(own.data()),
                 reinterpret_cast<const std::byte*>(own.data()) + own.size());
  } else {
    bytes = image(number(in, 9) == 0 ? in.ConsumeIntegralInRange<int>(0, kKinds - 1) : kind);
    change(in, bytes);
  }
  const std::string name = name_of("attach");
  clear_shm(name);
  {
    const PlantedFile file(segment_path(name), bytes, used ? 7 : -1);
    constexpr std::array openers = {
        &open_and_use<Queue>,         &open_and_use<Pipe>,      &open_and_use<Cell>,  &open_and_use<Mutex>,
        &open_and_use<PriorityQueue>, &open_and_use<Semaphore>, &open_and_use<Event>, &open_and_use<ConditionVariable>,
        &open_and_use<Barrier>};
    openers[static_cast<std::size_t>(kind)](in, name, file, used);
    const bool named = file.named();
    must(Segment::unlink(name).ok() ? !file.named() : file.named() == named, "unlink removes, or says why not");
  }
  clear_shm(name);
  return 0;
}
