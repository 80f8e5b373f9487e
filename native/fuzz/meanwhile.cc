// Everything at once: a second thread changes shared bytes while calls are under way, so that what is checked and what
// is used may differ wherever a word is read twice. What the input says is where and how; when, the machine decides.
//
// The strokes are relaxed atomic stores. ThreadSanitizer has no part in this: it reports unordered accesses, and a peer
// that keeps to no protocol makes those by definition. That our own accesses are ordered where all keep to it is what
// the tests say under that sanitizer; here AddressSanitizer and UndefinedBehaviorSanitizer look for what it leads to.
#include <atomic>
#include <thread>

#include "object.h"

using namespace fuzz;

namespace {

struct Stroke {
  std::uint64_t* word;
  std::uint64_t value;
};

class Vandal {
 public:
  explicit Vandal(std::vector<Stroke> strokes) : strokes_(std::move(strokes)), thread_([this] { run(); }) {}
  Vandal(const Vandal&) = delete;
  Vandal& operator=(const Vandal&) = delete;
  ~Vandal() {
    stop_.store(true, std::memory_order_relaxed);
    thread_.join();
  }

 private:
  void run() {
    // To the bad value and back, so that both come and go while one call reads a word twice.
    while (!stop_.load(std::memory_order_relaxed)) {
      for (const Stroke& stroke : strokes_) {
        const std::uint64_t before = load_relaxed(*stroke.word);
        store_relaxed(*stroke.word, stroke.value);
        for (int i = 0; i < 20; ++i) cpu_relax();
        store_relaxed(*stroke.word, before);
      }
      for (int i = 0; i < 100; ++i) cpu_relax();
    }
  }

  std::vector<Stroke> strokes_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

template <class Object, class Body, class Create>
void under_attack(Input& in, Create create) {
  const std::string name = name_of("meanwhile");
  clear_shm(name);
  {
    std::unique_ptr<Object> a, b;
    must(create(name, a), "a fresh object can be made");
    must(Object::open(name, b), "and opened");
    const Seen seen(a->segment().fd(), 0, a->segment().header().total_size);
    std::vector<Stroke> strokes;
    const std::uint64_t count = 1 + number(in, 3);
    for (std::uint64_t i = 0; i < count; ++i) {
      const std::span<std::byte> area =
          number(in, 3) == 0 ? seen.from(IPC_PARTICIPANTS_OFFSET) : seen.from(IPC_BODY_OFFSET).first(sizeof(Body));
      auto* word = reinterpret_cast<std::uint64_t*>(area.data()) + number(in, area.size() / 8 - 1);
      strokes.push_back({word, spoiled(in, load_relaxed(*word))});
    }
    const Vandal vandal(std::move(strokes));
    const std::vector<std::uint8_t> steps = in.ConsumeRemainingBytes<std::uint8_t>();
    for (int round = 0; round < 20; ++round) {
      Input again(steps.data(), steps.size());
      each_step(again, [&] { use(again, again.ConsumeBool() ? *a : *b); });
      if (std::unique_ptr<Object> fresh; Object::open(name, fresh).ok()) b = std::move(fresh);
    }
  }
  clear_shm(name);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const CreateOptions options{.meta = "{}"};
  switch (number(in, 6)) {
    case 0:
    case 1:
      under_attack<Queue, ipc_queue>(in, [&](std::string_view name, std::unique_ptr<Queue>& out) {
        return Queue::create(name, {4096, 0, 0}, options, out, in.ConsumeBool());
      });
      break;
    case 2:
      under_attack<Pipe, ipc_pipe>(in, [&](std::string_view name, std::unique_ptr<Pipe>& out) {
        return Pipe::create(name, {{4096, 0, 0}, true}, options, out);
      });
      break;
    case 3:
    case 4:
      under_attack<PriorityQueue, ipc_priority_queue>(in,
                                                      [&](std::string_view name, std::unique_ptr<PriorityQueue>& out) {
                                                        return PriorityQueue::create(name, {4096, 0, 0}, options, out);
                                                      });
      break;
    case 5:
      under_attack<ConditionVariable, ipc_condition>(
          in, [&](std::string_view name, std::unique_ptr<ConditionVariable>& out) {
            return ConditionVariable::create(name, options, out);
          });
      break;
    default:
      under_attack<Barrier, ipc_barrier>(in, [&](std::string_view name, std::unique_ptr<Barrier>& out) {
        return Barrier::create(name, 3, options, out);
      });
  }
  return 0;
}
