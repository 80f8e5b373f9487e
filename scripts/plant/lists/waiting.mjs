// Faults of what tells event loops that somebody has gone (native/core/waiting/departures.cc), and of how a wake for
// room finds the producer whose turn it is.
import { core } from './edits.mjs';

const file = 'waiting/departures.cc';
const told = 'native "departures:*"';

const room = 'native "*insists on*"';

const fault = (name, from, to) => ({ name, ...core(file, from, to), by: told });

export const faults = [
  fault(
    'watches nothing',
    'const int number = watch_file(self.inotify, fd);',
    'const int number = fd;',
  ),
  fault(
    'waits for who only reads to close',
    '+ std::to_string(fd)).c_str(), IN_CLOSE_WRITE);',
    '+ std::to_string(fd)).c_str(), IN_CLOSE_NOWRITE);',
  ),
  fault(
    'rings another doorbell',
    'doorbells.insert(one.doorbell);',
    'doorbells.insert(one.doorbell + 1);',
  ),
  fault(
    'rings the first of several that watch a file',
    'doorbells.insert(one.doorbell);',
    'if (doorbells.empty()) doorbells.insert(one.doorbell);',
  ),
  fault(
    'rings as a wake does',
    'ring_doorbell(doorbell, kDepartureByte)',
    'ring_doorbell(doorbell, kWakeByte)',
  ),
  fault(
    'rings all, whatever file it was',
    'if (event.wd != one.number && (event.mask & IN_Q_OVERFLOW) == 0) continue;',
    'if (one.doorbell == 0 && event.wd != one.number && (event.mask & IN_Q_OVERFLOW) == 0) continue;',
  ),
  fault(
    'tells once',
    'if (::poll(&news, 1, -1) > 0) pass_on(self);',
    'if (::poll(&news, 1, -1) > 0) return pass_on(self), nullptr;',
  ),
  fault(
    'takes a watch that the kernel has ended for one that goes on',
    'if ((event.mask & IN_IGNORED) != 0) one.number = kNone;',
    'if ((event.mask & IN_IGNORED) != 0 && one.doorbell == 0) one.number = kNone;',
  ),
  fault(
    'keeps to the doorbell of the first asking',
    'known->second.number != kNone && known->second.doorbell == doorbell) return true;',
    'known->second.number != kNone) return true;',
  ),
  fault(
    'ends the watch of others who watch the file',
    'if (number != kNone && !shared) ::inotify_rm_watch',
    'if (number != kNone || shared) ::inotify_rm_watch',
  ),
  fault(
    'leaves the kernel’s watch behind',
    'if (number != kNone && !shared) ::inotify_rm_watch',
    'if (number == kNone && !shared) ::inotify_rm_watch',
  ),
  fault(
    'rings who has stopped watching',
    'self.watched.erase(known);',
    'if (number == kNone) self.watched.erase(known);',
  ),
  fault(
    'ends a watch twice',
    'if (known == self.watched.end()) return;',
    'if (self.watched.empty()) return;',
  ),
  fault(
    'takes the signals of the process',
    'pthread_sigmask(SIG_SETMASK, &all, &before);',
    'pthread_sigmask(SIG_SETMASK, nullptr, &before);',
  ),
  {
    name: 'a producer keeps the wake for room that it leaves to another',
    ...core(
      'messages/queue.cc',
      'if (slot < IPC_PARTICIPANTS) wake_slot',
      'if (slot == IPC_PARTICIPANTS) wake_slot',
    ),
    by: room,
  },
  {
    name: 'a producer of a priority queue keeps the wake for room that it leaves to another',
    ...core('messages/priority_queue.cc', '&& turn_.anothers()) turn_', '&& turn_.mine()) turn_'),
    by: room,
  },
  {
    name: 'a blocked thread keeps the wake for room that it leaves to another',
    ...core(
      'segment/object.cc',
      'if (load_relaxed(signal) != before) woken_in_vain(condition);',
      '',
    ),
    by: room,
  },
  {
    name: 'who gives up keeps the wake for room that it left to another',
    ...core('segment/object.cc', '} else {\n    woken_in_vain(condition);\n  }', '}'),
    by: room,
  },
];
