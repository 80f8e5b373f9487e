// Faults of the kind that crash safety is about, each a small change of the core, and who has to notice it.
//
//   file, from, to   `from` stands exactly once in the file, else the list is out of date and the run fails
//   by               native "NAMES": C++ tests (doctest's filter); soak SEED ROUND...: one of these rounds of the soak
//
// What the compiler would refuse (an unused name) is written so that it does not.

const killed = 'native "*killed*"';
const waiting = 'native "*wake*,*waiter*,*runs out of time*"';

export const faults = [
  // ---- Locks
  {
    name: 'nobody takes a lock over from the dead',
    file: 'native/core/sync/owned_lock.cc',
    from: 'if (seen == 0 || !ask_kernel || owner_alive(segment_, seen)) return Acquired::kNo;',
    to: 'if (seen != 0 || !ask_kernel || owner_alive(segment_, seen)) return Acquired::kNo;',
    by: killed,
  },
  {
    name: 'a lock is taken over from the living',
    file: 'native/core/sync/owned_lock.cc',
    from: 'if (seen == 0 || !ask_kernel || owner_alive(segment_, seen)) return Acquired::kNo;',
    to: 'if (seen == 0 || !ask_kernel) return Acquired::kNo;',
    by: killed,
  },
  {
    name: 'who takes a lock over is not told',
    file: 'native/core/sync/owned_lock.cc',
    from: 'return Acquired::kRecovered;',
    to: 'return Acquired::kYes;',
    by: killed,
  },
  {
    name: 'a lock that was taken over keeps the dead one’s depth',
    file: 'native/core/sync/mutex.cc',
    from: 'store_relaxed(shared.depth, std::uint32_t{1});',
    to: 'if (got == Acquired::kYes) store_relaxed(shared.depth, std::uint32_t{1});',
    by: killed,
  },
  // ---- Ring and channel
  {
    name: 'a message is published before it is copied',
    file: 'native/core/messages/ring.cc',
    from: 'last_reserved_ = write_;',
    to: 'last_reserved_ = write_; store_release(shared_->tail, write_.advanced(need, 1).word);',
    by: killed,
  },
  {
    name: 'the head is advanced before the message is copied',
    file: 'native/core/messages/ring.cc',
    from: 'payload = {data_ + offset + sizeof local, local.length};',
    to: 'payload = {data_ + offset + sizeof local, local.length}; store_release(shared_->head, read_.advanced(whole, 1).word);',
    by: killed,
  },
  {
    name: 'a batch is published one message at a time',
    file: 'native/core/messages/channel.cc',
    from: 'why = append(messages.first(length));',
    to: 'why = append(messages.first(length)); ring_.publish();',
    by: 'native "*puts a batch*"',
  },
  // ---- Extents and loans
  {
    name: 'pages that a dead one wrote stay taken',
    file: 'native/core/messages/extents.cc',
    from: 'case IPC_RUN_WRITING:\n        return owner_lives(word);',
    to: 'case IPC_RUN_WRITING:\n        return true;',
    by: killed,
  },
  {
    name: 'pages that a dead one read stay taken',
    file: 'native/core/messages/extents.cc',
    from: 'return queued_between(word, head_, tail_) || owner_lives(word);',
    to: 'return true;',
    by: killed,
  },
  {
    name: 'pages that a living one reads are free',
    file: 'native/core/messages/extents.cc',
    from: 'return queued_between(word, head_, tail_) || owner_lives(word);',
    to: 'return queued_between(word, head_, tail_);',
    by: killed,
  },
  {
    name: 'queued pages are free once their writer is dead',
    file: 'native/core/messages/extents.cc',
    from: 'case IPC_RUN_QUEUED:\n        return queued_between(word, head_, tail_);',
    to: 'case IPC_RUN_QUEUED:\n        return queued_between(word, head_, tail_) && owner_lives(word);',
    by: killed,
  },
  {
    name: 'pages in the hands of who died before the head moved are free',
    file: 'native/core/messages/extents.cc',
    from: 'return queued_between(word, head_, tail_) || owner_lives(word);',
    to: 'return owner_lives(word);',
    by: killed,
  },
  {
    name: 'a released loan stays taken',
    file: 'native/core/messages/extents.cc',
    from: '  release(run);\n  // Everyone',
    to: '  static_cast<void>(run);\n  // Everyone',
    by: killed,
  },
  {
    name: 'a run is split before its rest is a run',
    file: 'native/core/messages/extents.cc',
    from: '    ipc_run& rest = run_at(found.fit + wanted);\n',
    to: '    store_release(run.pages, wanted);\n    INTERPROC_CRASH_POINT("extents.split");\n    ipc_run& rest = run_at(found.fit + wanted);\n',
    by: killed,
  },
  // ---- Accounts of a joinable queue
  {
    name: 'the account that a dead consumer left open is not settled',
    file: 'native/core/messages/tally.cc',
    from: '    if (left == 0) continue;\n    if ((left',
    to: '    if (left != head.word + 1) continue;\n    if ((left',
    by: killed,
  },
  {
    name: 'what the dead had taken is waited for',
    file: 'native/core/messages/tally.cc',
    from: '(lives ? result.open : result.lost) += count;',
    to: '(lives || count > 0 ? result.open : result.lost) += count;',
    by: killed,
  },
  {
    name: 'a queue that is shut down waits for a dead producer',
    file: 'native/core/messages/queue.cc',
    from: 'if (holder != 0 && OwnedLock::owner_alive(*segment_, holder)) return false;',
    to: 'if (holder != 0) return false;',
    by: killed,
  },
  // ---- Priority queue
  {
    name: 'a priority queue that was left dirty is not rebuilt',
    file: 'native/core/messages/priority_queue.cc',
    from: 'return load_relaxed(shared().dirty) == 0 ? Status{} : rebuild();',
    to: 'return {};',
    by: killed,
  },
  {
    name: 'a change of a priority queue is not announced as one',
    file: 'native/core/messages/priority_queue.cc',
    from: 'store_relaxed(shared().dirty, std::uint32_t{1});',
    to: '',
    by: killed,
  },
  // ---- Pipe
  {
    name: 'a pipe ignores a dead peer',
    file: 'native/core/messages/pipe.cc',
    from: 'if (segment_->alive(owner_of(seen))) return false;',
    to: 'if (owner_of(seen).slot < IPC_PARTICIPANTS) return false;',
    by: killed,
  },
  {
    name: 'no second look before the end of file',
    file: 'native/core/messages/pipe.cc',
    from: '  s = take();\n  return s.code == Code::kEmpty ? Status{Code::kEndOfFile} : s;',
    to: '  return {Code::kEndOfFile};',
    by: 'native "*look that found*"',
  },
  // ---- Barrier, condition, semaphore
  {
    name: 'a barrier ignores the dead',
    file: 'native/core/sync/barrier.cc',
    from: 'if (!segment_->alive({slot, load_acquire(party.generation)})) return true;',
    to: '',
    by: killed,
  },
  {
    name: 'a party that dies before it is counted is counted',
    file: 'native/core/sync/barrier.cc',
    from: '    note(round, 1, has_action ? 1 : 0);\n    INTERPROC_CRASH_POINT("barrier.noted");\n',
    to: '    INTERPROC_CRASH_POINT("barrier.noted");\n',
    by: killed,
  },
  {
    name: 'a condition notifies the dead',
    file: 'native/core/sync/condition.cc',
    from: 'if (waiting_in(seen) == 0 || !alive(slot, seen)) return 0;',
    to: 'if (waiting_in(seen) == 0) return 0;',
    by: killed,
  },
  {
    name: 'a notification dies with its receiver',
    file: 'native/core/sync/condition.cc',
    from: 'return look == Look::kKernel && inherit();',
    to: 'return look == Look::kKernel && false;',
    by: killed,
  },
  {
    name: 'the lock of bounded releases is not taken over',
    file: 'native/core/sync/named_semaphore.cc',
    from: 'if (post_lock().acquire_briefly() != Acquired::kNo) return {};',
    to: 'if (post_lock().try_acquire(false) != Acquired::kNo) return {};',
    by: killed,
  },
  {
    name: 'a semaphore’s segment beside nothing is in the way',
    file: 'native/core/sync/named_semaphore.cc',
    from: 'if (!is_error(made, EEXIST) || !clear_away(name)) return made;',
    to: 'if (!is_error(made, EEXIST) || !name.empty() || !clear_away(name)) return made;',
    by: killed,
  },
  // ---- Waiting
  {
    name: 'a dead sleeper counts as woken',
    file: 'native/core/waiting/wait.cc',
    from: 'return reached || slot == segment.me().slot || segment.alive({slot, load_acquire(sleeper.generation)});',
    to: 'return reached || slot == segment.me().slot || slot < IPC_PARTICIPANTS;',
    by: waiting,
  },
  {
    name: 'the bit of a slot’s dead owner is kept',
    file: 'native/core/segment/object.cc',
    from: 'if (segment_->me().generation == 1) return;',
    to: 'if (segment_->me().generation > 0) return;',
    by: waiting,
  },
  {
    name: 'a wake of a dead one stays with its slot’s new owner',
    file: 'native/core/segment/object.cc',
    from: 'if (!withdraw(*segment_, set)) wake(*segment_, set, 1);',
    to: 'withdraw(*segment_, set);',
    by: waiting,
  },
  {
    name: 'a get that gives up keeps its wake',
    file: 'native/abi/queue_calls.h',
    from: 'if (!use.closed()) use.object().pass_wake(data, need);',
    to: '',
    by: waiting,
  },
  // ---- Attaching, leaving, sweeping
  {
    name: 'a new owner of a slot has the dead one’s generation',
    file: 'native/core/segment/segment.cc',
    from: 'me_.generation = load_relaxed(entry.generation) + 1;',
    to: 'me_.generation = std::max(load_relaxed(entry.generation), 1u);',
    by: killed,
  },
  {
    name: 'the last one out leaves the name',
    file: 'native/core/segment/segment.cc',
    from: '        INTERPROC_CRASH_POINT("detach.companion");\n        ::unlink(path.c_str());',
    to: '        INTERPROC_CRASH_POINT("detach.companion");',
    by: killed,
  },
  {
    name: 'who leaves keeps its slot',
    file: 'native/core/segment/segment.cc',
    from: '    unlock_byte(fd_, IPC_LOCK_SLOT + me_.slot);\n    INTERPROC_CRASH_POINT("detach.slot");\n    if (alone',
    to: '    static_cast<void>(::dup(fd_));\n    INTERPROC_CRASH_POINT("detach.slot");\n    if (alone',
    by: killed,
  },
  {
    name: 'a corpse is opened',
    file: 'native/core/segment/segment.cc',
    from: 'if (abandoned(fd.get(), header)) {',
    to: 'if (abandoned(fd.get(), header) && header.kind > 1000) {',
    by: killed,
  },
  {
    name: 'a corpse is not swept',
    file: 'native/core/segment/sweep.cc',
    from: '  INTERPROC_CRASH_POINT("sweep.companion");\n  return ::unlinkat(directory, file, 0) == 0;',
    to: '  INTERPROC_CRASH_POINT("sweep.companion");\n  return false;',
    by: killed,
  },
  {
    name: 'what a living process holds is swept',
    file: 'native/core/segment/sweep.cc',
    from: 'if (locked_by_other(fd.get(), IPC_LOCK_SLOT, IPC_PARTICIPANTS)) return false;',
    to: '',
    by: killed,
  },
  {
    name: 'a semaphore’s file is not removed with its segment',
    file: 'native/core/segment/sweep.cc',
    from: 'remove_companion(fd.get(), header, std::string_view(file).substr(kSegmentPrefix.size()));',
    to: '',
    by: killed,
  },
  {
    name: 'a dead one’s doorbell is not removed',
    file: 'native/core/segment/sweep.cc',
    from: '  INTERPROC_CRASH_POINT("sweep.doorbell");\n  return ::unlinkat(directory, file, 0) == 0;',
    to: '  INTERPROC_CRASH_POINT("sweep.doorbell");\n  return false;',
    by: killed,
  },
  {
    name: 'a living one’s doorbell is removed',
    file: 'native/core/segment/sweep.cc',
    from: 'if (fd || errno != ENXIO) return false;',
    to: '',
    by: 'native "*living doorbells*"',
  },
  {
    name: 'bare memory that nobody uses any more is not removed',
    file: 'native/core/memory/bare_memory.cc',
    from: 'if (same_file(path, fd) && ::unlink(path.c_str()) != 0 && errno != ENOENT) return false;',
    to: '',
    by: killed,
  },
  // ---- The soak
  {
    name: 'a barrier of the soak ignores its dead',
    file: 'native/core/sync/barrier.cc',
    from: 'if (!segment_->alive({slot, load_acquire(party.generation)})) return true;',
    to: '',
    by: 'soak 7 0 36',
  },
  {
    name: 'a pipe of the soak ignores its dead peer',
    file: 'native/core/messages/pipe.cc',
    from: 'if (segment_->alive(owner_of(seen))) return false;',
    to: 'if (owner_of(seen).slot < IPC_PARTICIPANTS) return false;',
    by: 'soak 7 6 31',
  },
];
