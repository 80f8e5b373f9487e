// A participant of the matrix in C++. ../README.md says what each does.
//
// Instance 1 waits a little at a time, again and again, and reads messages where they lie.
#include <array>
#include <atomic>
#include <chrono>
#include <interproc.hpp>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>

#include "participant.h"

using namespace interproc::api;

namespace {

constexpr Timeout kLittle = std::chrono::milliseconds(1);
const ip_limits kLimits{64 * 1024, 0, 0};

class Participant {
 public:
  explicit Participant(char** arguments)
      : writes_(std::string_view(arguments[1]) == "writer"),
        name_(arguments[3]),
        count_(std::stoll(arguments[4])),
        instance_(static_cast<std::uint32_t>(std::stoul(arguments[5]))),
        hold_(std::stoll(arguments[6])),
        journal_(0, Options{name_ + "-journal", IP_OPEN}, false) {
    if (journal_.size() < 8) die("the journal has %zu words", journal_.size());
  }

  void run(std::string_view kind) {
    if (!creates()) told();
    if (kind == "queue") return queue();
    if (kind == "pipe") return pipe();
    if (kind == "value") return value();
    if (kind == "array") return array();
    if (kind == "lock") return lock();
    if (kind == "event") return event();
    die("no such kind: %s", std::string(kind).c_str());
  }

 private:
  [[nodiscard]] bool creates() const { return writes_ && instance_ == 0; }
  [[nodiscard]] Options options(const char* suffix = "") const {
    return {name_ + suffix, creates() ? IP_CREATE : IP_OPEN};
  }
  // Words that other processes write meanwhile: whole ones, in no order that anything here relies upon but STOP's.
  [[nodiscard]] std::atomic_ref<std::int64_t> word(std::size_t at) const { return std::atomic_ref(journal_[at]); }
  [[nodiscard]] bool stopped() const { return word(STOP) != 0; }
  void note(std::int64_t done) const { word((writes_ ? 0 : 2) + instance_) = done; }

  static void ready() {
    say("{\"ready\":true}");
    told();
  }

  // `send(message)` until it is done; how many were sent.
  template <class Send>
  std::int64_t write(Send send) {
    static std::array<std::uint8_t, LONGEST> bytes;
    std::int64_t sent = 0;
    while (sent < count_ || !stopped()) {
      const std::size_t length = message(instance_, static_cast<std::uint32_t>(sent), bytes.data());
      send(std::string_view(reinterpret_cast<const char*>(bytes.data()), length));
      note(++sent);
    }
    return sent;
  }
  void take(std::string_view message) {
    count_in(&account_, reinterpret_cast<const std::uint8_t*>(message.data()), message.size());
    note(account_.total);
  }
  // `receive()` until it throws with `end`.
  template <class Receive>
  static void until(ip_code end, Receive receive) {
    try {
      for (;;) receive();
    } catch (const Error& error) {
      if (error.status() != end) throw;
    }
  }

  void queue() {
    Queue queue(options(), IP_QUEUE, kLimits);
    ready();
    if (writes_) {
      const auto sent = write([&](std::string_view message) {
        while (!queue.put(message, instance_ == 1 ? kLittle : forever)) {
        }
      });
      say("{\"messages\":%lld}", static_cast<long long>(sent));
      return;
    }
    std::string buffer;
    until(IP_SHUT_DOWN, [&] {
      if (instance_ == 0) {
        take(*queue.get_into(buffer));
      } else if (const auto loan = queue.get_loan(kLittle)) {
        take(loan->view());
      }
    });
    say_account(&account_, "shut-down");
  }

  void pipe() {
    Connection mine, given_away;
    if (creates()) {
      std::tie(mine, given_away) = Connection::pipe(options(), true, kLimits);
      given_away.send_away();
    } else {
      mine = Connection::claim(name_, 1);
    }
    ready();
    if (!writes_) {
      until(IP_END_OF_FILE, [&] { take(*mine.receive()); });
      say_account(&account_, "eof");
      return;
    }
    std::int64_t sent = 0;
    const char* end = "done";
    try {
      write([&](std::string_view message) {
        mine.send(message);
        ++sent;
      });
    } catch (const Error& error) {
      if (error.status() != IP_BROKEN_PIPE) throw;
      end = "broken-pipe";
    }
    mine.close();
    say("{\"messages\":%lld,\"end\":\"%s\"}", static_cast<long long>(sent), end);
  }

  // `act` in a critical section, `least` times, and once more after the driver has said stop; `check` before it. Turn
  // `hold_` never ends.
  template <class Mutex, class Act, class Check>
  void turns(Mutex& mutex, std::int64_t least, Act act, Check check) {
    std::int64_t rounds = 0, found = 0;
    for (bool last = false; !last;) {
      last = rounds + 1 >= least && stopped();
      const bool abandoned = mutex.acquire();
      const std::unique_lock guard(mutex, std::adopt_lock);
      found += abandoned ? 1 : 0;
      check(abandoned);
      if (rounds == hold_) {
        act(true);
        say("{\"held\":%lld}", static_cast<long long>(rounds));
        told();
      }
      act(false);
      note(++rounds);
    }
    say("{\"rounds\":%lld,\"abandoned\":%lld}", static_cast<long long>(rounds), static_cast<long long>(found));
  }

  void value() {
    Value<std::int64_t> value(0, options());
    ready();
    // A read and a write: that nothing comes in between is up to the lock.
    const auto act = [&](bool) { *value += writes_ ? 1 : std::int64_t{1} << 32; };
    turns(value, count_, act, [](bool) {});
  }

  void array() {
    Array<std::int32_t> array(creates() ? 200 : 0, options());
    ready();
    std::int32_t* const mine = array.data() + (writes_ ? 0 : 100);
    std::int32_t* const theirs = array.data() + (writes_ ? 100 : 0);
    const auto act = [&](bool half) {
      for (int index = 0; index < (half ? 50 : 100); ++index) ++mine[index];
    };
    const auto check = [&](bool abandoned) {
      if (abandoned)
        for (int index = 1; index < 100; ++index) theirs[index] = theirs[0];
      for (std::size_t index = 0; index < 200; ++index)
        if (array[index] != array[index / 100 * 100]) die("half a write at %zu", index);
    };
    turns(array, (count_ + 99) / 100, act, check);
  }

  void lock() {
    Lock lock(options());
    ready();
    const auto raise = [&](std::size_t at) { word(at) = word(at) + 1; };
    const auto act = [&](bool half) {
      raise(FIRST);
      if (!half) raise(SECOND);
    };
    const auto check = [&](bool abandoned) {
      if (abandoned) word(SECOND) = word(FIRST).load();
      if (word(FIRST) != word(SECOND)) die("another one is in the critical section");
    };
    turns(lock, count_, act, check);
  }

  void event() {
    Event question(options()), answer(options("-answer"));
    ready();
    Event& heard = writes_ ? answer : question;
    Event& said = writes_ ? question : answer;
    std::int64_t rounds = 0;
    waits waits{};
    const auto late = [&](bool question) { return rounds % LATE_EVERY == (question ? LATE_QUESTION : LATE_ANSWER); };
    while (rounds < count_ || !stopped()) {
      if (writes_) {
        word(PAYLOAD) = rounds + 1;
        if (late(true)) be_late();
        said.set();
      }
      const double began = milliseconds();
      heard.wait();
      if (late(!writes_)) note_wait(&waits, began);
      heard.clear();
      if (stopped() && rounds >= count_) break;
      if (word(PAYLOAD) != (writes_ ? -(rounds + 1) : rounds + 1))
        die("round %lld: not the word that was to come", static_cast<long long>(rounds));
      if (!writes_) {
        word(PAYLOAD) = -(rounds + 1);
        if (late(false)) be_late();
        said.set();
      }
      note(++rounds);
    }
    say_rounds(rounds, &waits);
  }

  bool writes_;
  std::string name_;
  std::int64_t count_;
  std::uint32_t instance_;
  std::int64_t hold_;
  Array<std::int64_t> journal_;
  account account_{};
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 7) die("%s writer|reader KIND NAME COUNT INSTANCE HOLD", argv[0]);
  try {
    Participant(argv).run(argv[2]);
  } catch (const std::exception& error) {
    die("%s", error.what());
  }
}
