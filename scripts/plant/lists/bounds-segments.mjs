// Checks of headers and bodies, in the checker and the looker, and of encoded items, each taken away.
import { core } from './edits.mjs';

const bodies = [
  'messages/queue.cc',
  'messages/pipe.cc',
  'messages/priority_queue.cc',
  'memory/cell.cc',
  'sync/mutex.cc',
  'sync/event.cc',
  'sync/condition.cc',
  'sync/barrier.cc',
  'sync/named_semaphore.cc',
].map((file) => ({
  name: `${file}: the segment holds the body`,
  ...editPattern(file),
  by: 'native "a segment too short for its body*"',
}));
function editPattern(file) {
  const of = {
    queue: 'queue',
    pipe: 'pipe',
    priority_queue: 'priority_queue',
    cell: 'cell',
    mutex: 'lock',
    event: 'event',
    condition: 'condition',
    barrier: 'barrier',
    named_semaphore: 'semaphore',
  };
  const base = file.slice(file.indexOf('/') + 1, -3);
  const what = base === 'named_semaphore' ? 'out->' : 'segment->';
  return core(
    file,
    `if (${what}header().total_size < IPC_BODY_OFFSET + sizeof(ipc_${of[base]})) return`,
    'if (false) return',
  );
}

const segment = [
  {
    name: 'segment: a regular file',
    ...core('segment/segment_check.cc', 'if (!S_ISREG(about.st_mode)) return', 'if (false) return'),
    by: 'node test/segment-impostors.test.ts',
  },
  {
    name: 'segment: our magic',
    ...core('segment/segment_check.cc', ' || header.magic != IPC_MAGIC)', ')'),
    by: 'node test/golden-segments.test.ts',
  },
  {
    name: 'segment: the version is known',
    ...core(
      'segment/segment_check.cc',
      'if (header.layout_version != IPC_LAYOUT_VERSION)',
      'if (false)',
    ),
    by: 'node test/golden-segments.test.ts',
  },
  {
    name: 'segment: what is required is known',
    ...core(
      'segment/segment_check.cc',
      'if ((header.required_features & ~IPC_KNOWN_REQUIRED_FEATURES) != 0) return',
      'if (false) return',
    ),
    by: 'node test/golden-segments.test.ts',
  },
  {
    name: 'segment: the file is as long as it says',
    ...core(
      'segment/segment_check.cc',
      'if (header.total_size > static_cast<std::uint64_t>(about.st_size)) return',
      'if (false) return',
    ),
    by: 'native "a file shorter than its header*"',
  },
  {
    name: 'segment: the creation options are no longer than they can be, and inside',
    ...core(
      'segment/segment_check.cc',
      'if (header.meta_size > IPC_META_MAX || header.meta_offset > header.total_size ||\n      header.meta_size > header.total_size - header.meta_offset)',
      'if (false)',
    ),
    by: 'fuzz attach',
  },
  {
    name: 'segment: the slot of a participant is one of the table',
    ...core(
      'segment/segment.cc',
      '(base() + IPC_PARTICIPANTS_OFFSET)[slot % IPC_PARTICIPANTS]',
      '(base() + IPC_PARTICIPANTS_OFFSET)[slot]',
    ),
    by: 'fuzz participants',
  },
  {
    name: 'barrier: the parties are a number that can be',
    ...core(
      'sync/barrier.cc',
      'if (parties == 0 || parties > kMostParties) return Status::corrupt',
      'if (false) return Status::corrupt',
    ),
    by: 'node test/impostors-segments.test.ts "parties"',
  },
  {
    name: 'value: the data lie inside the segment',
    ...core('memory/cell.cc', 'data_bytes_ > total - data_offset_', 'false'),
    by: 'fuzz attach',
  },
  {
    name: 'semaphore: its file is as long as one',
    ...core(
      'sync/semaphore_file.cc',
      ' || about.st_size < static_cast<off_t>(sizeof(sem_t)))',
      ')',
    ),
    by: 'node test/semaphore-names.test.ts "that is no semaphore"',
  },
  {
    name: 'memory: a marker’s name is no longer than names are',
    ...core('memory/bare_memory.cc', 'out.name_length <= kNameMax && ', ''),
    by: 'fuzz look',
  },
  {
    name: 'memory: a marker names no path',
    ...core(
      'memory/bare_memory.cc',
      "std::memchr(out.name, '/', out.name_length) == nullptr &&",
      '',
    ),
    by: 'native "a marker that names a path*"',
  },
  {
    name: 'doorbell: what is rung is a FIFO',
    ...core('waiting/doorbell.cc', 'S_ISFIFO(about.st_mode) && about.st_uid', 'about.st_uid'),
    by: 'fuzz participants',
  },
];

const look = [
  {
    name: 'look: the segment holds the body',
    ...core(
      'look/snapshot_bodies.cc',
      'snapshot_.header.total_size < IPC_BODY_OFFSET + sizeof(Body) || ',
      '',
    ),
    by: 'native "a segment that ends inside its body*"',
  },
  {
    name: 'look: the table of pages is no longer than it can be',
    ...core(
      'look/snapshot_bodies.cc',
      'if (!in_place || pages > IPC_EXTENT_MAX_PAGES ||',
      'if (!in_place ||',
    ),
    by: 'native "words that lead nowhere*"',
  },
  {
    name: 'look: the table of pages lies where it can',
    ...core('look/snapshot_bodies.cc', 'if (!in_place || pages', 'if (pages'),
    by: 'native "words that lead nowhere*"',
  },
  {
    name: 'look: a run is not empty, and ends within the table',
    ...core('look/snapshot_bodies.cc', 'std::clamp(run.pages, 1u, pages - page)', 'run.pages'),
    by: 'fuzz look',
  },
  {
    name: 'look: positions that contradict each other give no depth',
    ...core(
      'look/snapshot_bodies.cc',
      'if (possible && head.word == again.word) return true;',
      'if (head.word == again.word) return true;',
    ),
    by: 'native "positions that contradict each other are found"',
  },
  {
    name: 'look: a lock’s living holder is a participant of that generation',
    ...core(
      'look/snapshot_bodies.cc',
      'alive = found != nullptr && (found->generation & kGenerationMask) == (word & kGenerationMask);',
      'alive = true;',
    ),
    by: 'fuzz look',
  },
  {
    name: 'look: an account’s owner lives',
    ...core(
      'look/snapshot_bodies.cc',
      'return found != nullptr && found->generation == generation;',
      'return true;',
    ),
    by: 'fuzz look',
  },
];

const check = [
  {
    name: 'check: the segment holds the body',
    ...core(
      'check/check.cc',
      'if (inspection.view().holds<Body>()) return body(inspection);\n  inspection.report("the segment ends inside its body");',
      'body(inspection);',
    ),
    by: 'native "what is no segment of ours*"',
  },
  {
    name: 'check: a record ends within the ring and before the tail',
    ...core(
      'check/inspect_channel.cc',
      'if (whole > bytes_ - in_ring || whole > left)',
      'if (false)',
    ),
    by: 'native "*queue whose rules are broken*"',
  },
  {
    name: 'check: a run is not empty',
    ...core(
      'check/inspect_channel.cc',
      'if (run.pages == 0 || run.pages > pages - page)',
      'if (run.pages > pages - page)',
    ),
    by: 'native "a run of pages that breaks*"',
  },
  {
    name: 'check: the table is no longer than it can be',
    ...core(
      'check/inspect_channel.cc',
      'if (pages > IPC_EXTENT_MAX_PAGES) return',
      'if (false) return',
    ),
    by: 'native "*queue whose rules are broken*"',
  },
  {
    name: 'check: the slab is no larger than it can be, and the file holds it',
    edits: [
      core(
        'check/inspect_priority.cc',
        'chunks_ > kMostChunks) {',
        'offset > UINT64_MAX - kMostChunks) {',
      ),
      core(
        'check/inspect_priority.cc',
        'if (inspection_.view().file_size() < offset + Slab::file_bytes(chunks_)) {',
        'if (false) {',
      ),
    ],
    by: 'native "a priority queue whose rules are broken*"',
  },
  {
    name: 'check: a chain stays in the slab',
    ...core('check/inspect_priority.cc', 'if (block >= links_.size())', 'if (false)'),
    by: 'fuzz check',
  },
  {
    name: 'check: the heap names a block',
    ...core('check/inspect_priority.cc', 'node.block >= links_.size() || (links_', '(links_'),
    by: 'native "a priority queue whose rules are broken*"',
  },
  {
    name: 'check: the fresh blocks are the slab’s',
    ...core('check/inspect_priority.cc', 'if (fresh > links_.size()) return', 'if (false) return'),
    by: 'native "a priority queue whose rules are broken*"',
  },
  {
    name: 'check: the list of free blocks is in the slab',
    ...core('check/inspect_priority.cc', 'if (block >= fresh) return', 'if (false) return'),
    by: 'fuzz check',
  },
  {
    name: 'check: the list of free blocks has an end',
    ...core(
      'check/inspect_priority.cc',
      'if (owner_[block] != kNobody)\n        return inspection_.report("block %u is in the list of free ones twice',
      'if (false)\n        return inspection_.report("block %u is in the list of free ones twice',
    ),
    by: 'fuzz check',
  },
];

const codecs = [
  {
    name: 'msgpack: a string’s or a buffer’s length',
    file: 'lib/codec/decoder.ts',
    from: "if (bytes > this.end - this.position) throw new Malformed('it ends too early');",
    to: "if (bytes < 0) throw new Malformed('it ends too early');",
    by: 'node test/fuzz-codec.test.ts',
  },
  {
    name: 'msgpack: an array’s length',
    file: 'lib/codec/decoder.ts',
    from: "if (this.budget < 0) throw new Malformed('it ends too early');",
    to: "if (this.budget < -1e15) throw new Malformed('it ends too early');",
    by: ['node test/codec-msgpack-hostile.test.ts'],
  },
  {
    name: 'msgpack: the depth',
    file: 'lib/codec/decoder.ts',
    from: "if (++this.depth > maxDepth) throw new Malformed('it is nested too deeply');",
    to: "if (++this.depth > maxDepth * 1e6) throw new Malformed('it is nested too deeply');",
    by: 'node test/codec-msgpack-hostile.test.ts',
  },
  {
    name: 'msgpack: a pointer',
    file: 'lib/codec/decoder.ts',
    from: 'if (this.objects === undefined || index >= this.objects.length) {',
    to: 'if (this.objects === undefined) {',
    by: 'node test/codec-msgpack-hostile.test.ts',
  },
  {
    name: 'msgpack: the length of a part',
    file: 'lib/codec/decoder.ts',
    from: "if (this.position !== end) throw new Malformed('the length of a part is wrong');",
    to: "if (end < 0) throw new Malformed('the length of a part is wrong');",
    by: 'node test/codec-msgpack-hostile.test.ts',
  },
  {
    name: 'list: how many values there are',
    file: 'lib/memory/list-layout.ts',
    from: 'if (count < 0n || count * 17n + 16n > BigInt(memory.length)) {',
    to: 'if (false) {',
    by: 'node test/fuzz-shareable-list.test.ts',
  },
  {
    name: 'list: an offset',
    file: 'lib/memory/list-layout.ts',
    from: 'if (offset < least || offset > most) throw',
    to: 'if (offset < least || most < 0n) throw',
    by: 'node test/impostors-memory.test.ts "an offset outside"',
  },
  {
    name: 'list: the length of a text',
    file: 'lib/memory/list-layout.ts',
    from: 'if (length > slot.length) throw',
    to: 'if (length < 0) throw',
    by: 'node test/fuzz-shareable-list.test.ts "longer than its place"',
  },
];

export const faults = [...bodies, ...segment, ...look, ...check, ...codecs];
