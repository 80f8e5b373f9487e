// What values, arrays, locks and events promise each other's processes, broken for every language or for one: matrix/README.md.
const edit = (file, from, to) => ({ file, from, to });
const lock = (from, to) => edit('native/core/sync/owned_lock.cc', from, to);
const event = (from, to) => edit('native/core/sync/event.cc', from, to);

/** Each of the kinds that have a lock must notice by itself. */
const locked = (languages) =>
  ['value', 'array', 'lock'].map((kind) => `matrix ${kind} ${languages} 100000`);

const locks = [
  {
    name: 'a lock that is free is had without a swap',
    ...lock(
      `.compare_exchange_strong(seen, my_word(), std::memory_order_seq_cst, std::memory_order_relaxed)) {
      INTERPROC_CRASH_POINT`,
      `.exchange(my_word()) != ~0U) {
      INTERPROC_CRASH_POINT`,
    ),
    by: locked('c,cpp'),
  },
  {
    name: 'a lock that a living process holds is taken over',
    ...lock(' || owner_alive(segment_, seen)) return Acquired::kNo;', ') return Acquired::kNo;'),
    by: locked('node,c'),
  },
  {
    name: 'nobody is told that the last holder died',
    ...lock('return Acquired::kRecovered;', 'return Acquired::kYes;'),
    by: locked('python,rust'),
  },
  {
    name: 'Python locks nothing',
    edits: [
      edit(
        'python/interproc/_locks.py',
        'if limit < 0 and self._call(lib.ip_lock_acquire, 0, byref(found)) == c.OK:',
        'if limit < 0:',
      ),
      edit('python/interproc/_locks.py', 'check(self._call(lib.ip_lock_release))', 'pass'),
    ],
    by: locked('python,c'),
  },
];

const memory = [
  {
    name: 'the memory of C, C++, Python and Rust is a copy',
    ...edit('native/abi/opening.cc', 'MAP_SHARED | MAP_NORESERVE', 'MAP_PRIVATE | MAP_NORESERVE'),
    by: ['matrix value node,c 100000', 'matrix array node,c 100000'],
  },
];

const events = [
  {
    name: 'who sets an event wakes nobody',
    ...event('wake(*segment_, shared().waiters, kEveryone);', ''),
    by: 'matrix event c 100000',
  },
  {
    name: 'an event is never cleared',
    ...event('fetch_and(~kSetBit,', 'fetch_and(~std::uint64_t{0},'),
    by: 'matrix event node,c 100000',
  },
  {
    name: 'a wait for an event ends at once',
    ...event(
      'return (seen & kSetBit) != 0 || seen >> 1 != since;',
      'return seen >> 1 <= since + 1;',
    ),
    by: 'matrix event cpp,python 100000',
  },
];

export const faults = [...locks, ...memory, ...events];
