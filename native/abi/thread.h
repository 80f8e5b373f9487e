// What a thread has of its own: its seats, its doorbell and the flag that interrupts its waits.
#pragma once

#include "numbers.h"
#include "waiting/doorbell.h"

namespace interproc::abi {

class Thread {
 public:
  Thread();
  Thread(const Thread&) = delete;
  Thread& operator=(const Thread&) = delete;
  ~Thread();

  std::shared_ptr<Seat> find(const Record* record) const;
  void remember(const std::shared_ptr<Record>& record, const std::shared_ptr<Seat>& seat);

  // The last use of each number, by its index.
  struct Recent {
    ip_object number = 0;
    std::uint32_t end = 0;
    std::shared_ptr<Record> record;
    std::shared_ptr<Seat> seat;
  };
  Recent& recent(ip_object number) { return recent_[index_of(number) % recent_.size()]; }

  // In a forked child.
  void forget_everything();

  Doorbell bell;
  const volatile int* interrupt = nullptr;

 private:
  struct Cached {
    std::shared_ptr<Record> record;
    std::shared_ptr<Seat> seat;
  };

  static void leave_seat(Record& record, const std::shared_ptr<Seat>& seat);

  std::vector<Cached> seats_;
  std::array<Recent, 64> recent_;
};

Thread& thread();

}  // namespace interproc::abi
