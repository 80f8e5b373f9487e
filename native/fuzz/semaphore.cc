// Semaphores: the C library's bytes in the semaphore's own file, and our segment beside it.
#include "file.h"
#include "object.h"

using namespace fuzz;

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input in(data, size);
  const std::string name = name_of("semaphore");
  clear_shm(name);
  {
    std::unique_ptr<Semaphore> a, b;
    must(Semaphore::create(name, static_cast<std::uint32_t>(number(in, 3)), {.meta = "{}"}, a), "one can be made");
    must(Semaphore::open(name, b), "and opened");
    const Descriptor fd(::open(semaphore_path(name).c_str(), O_RDWR | O_CLOEXEC));
    const Seen permits(fd.get(), 0, sizeof(sem_t));
    const Seen segment(a->segment().fd(), 0, a->segment().header().total_size);
    each_step(in, [&] {
      switch (number(in, 5)) {
        case 0:
          spoil(in, permits.all());
          break;
        case 1: {
          // Not `state`: an unnamed one is waited for, for two seconds, as long as its creator lives.
          ipc_semaphore& body = a->segment().body<ipc_semaphore>();
          const std::uint32_t state = load_relaxed(body.state);
          spoil(in, segment.from(IPC_BODY_OFFSET).first(sizeof(ipc_semaphore)));
          store_relaxed(body.state,
                        load_relaxed(body.state) == IPC_SEMAPHORE_UNNAMED ? state : load_relaxed(body.state));
          break;
        }
        case 2:
          if (number(in, 30) == 0) {
            if (std::unique_ptr<Semaphore> fresh; Semaphore::open(name, fresh).ok()) b = std::move(fresh);
          }
          break;
        default:
          use(in, in.ConsumeBool() ? *a : *b);
      }
    });
    a->leave(Leaving::kOrderly);
    b->leave(Leaving::kFailing);
  }
  clear_shm(name);
  return 0;
}
