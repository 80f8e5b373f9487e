// Threads and a joinable queue, an array and its lock, all of which other processes could share by name.
//
//   c++ -std=c++17 workers.cc $(pkg-config --cflags --libs interproc) -pthread -o workers && ./workers
#include <interproc.hpp>
#include <iostream>
#include <mutex>
#include <thread>

using namespace interproc::api;

int main() {
  Queue words({}, IP_JOINABLE_QUEUE);
  Array<std::uint32_t> lengths(8);
  std::vector<std::thread> workers;
  for (int worker = 0; worker < 3; ++worker) {
    workers.emplace_back([&] {
      try {
        while (const auto word = words.get()) {
          const std::unique_lock guard(lengths);
          ++lengths[word->size()];
          words.task_done();
        }
      } catch (const Error& error) {
        if (error.status() != IP_SHUT_DOWN) throw;
      }
    });
  }
  for (const char* word : {"a", "process", "shares", "what", "it", "has", "by", "name"}) words.put(word);
  words.join();
  words.shut_down();
  for (std::thread& worker : workers) worker.join();
  for (std::size_t length = 0; length < lengths.size(); ++length)
    if (lengths[length] > 0) std::cout << lengths[length] << " of " << length << '\n';
}
