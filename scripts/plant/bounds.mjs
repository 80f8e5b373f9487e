// Checks of values that are read from shared memory, each taken away: docs/fuzzing.md has what came of it.
const core = (file) => `native/core/${file}`;

/** A check that is a condition of its own: it never holds. */
const never = (file, condition, ...by) => ({
  name: `${file}: ${condition}`,
  file: core(file),
  from: condition,
  to: 'false',
  by,
});

const ring = [
  {
    name: 'ring: the head is within a ring behind the tail (producer)',
    ...edit(
      'messages/ring.cc',
      'if (write_.bytes_since(head) > bytes_) return',
      'if (false) return',
    ),
    by: 'fuzz ring',
  },
  {
    name: 'ring: the tail is within a ring ahead of the head (consumer), both places',
    edits: [
      edit('messages/ring.cc', 'if (bytes > bytes_) return Status', 'if (false) return Status'),
      edit('messages/ring.cc', ' || available > bytes_)', ')'),
    ],
    by: 'native "positions and records that contradict*"',
  },
  {
    name: 'ring: a fill is no more than the ring',
    ...edit('messages/ring.cc', 'bytes = std::min(bytes, bytes_);', ''),
    by: 'fuzz ring',
  },
  {
    name: 'ring: a record ends within the ring',
    ...edit('messages/ring.cc', 'whole > to_end || whole > available', 'whole > available'),
    by: 'fuzz ring',
  },
  {
    name: 'ring: a record ends before the tail',
    ...edit('messages/ring.cc', 'whole > to_end || whole > available', 'whole > to_end'),
    by: 'fuzz ring',
  },
  {
    name: 'ring: a record is of a known type',
    ...edit(
      'messages/ring.cc',
      'if (local.type != IPC_RECORD_DATA && local.type != IPC_RECORD_EXTENT && local.type != IPC_RECORD_LOAN)',
      'if (false)',
    ),
    by: 'native "positions and records that contradict*"',
  },
];

function edit(file, from, to) {
  return { file: core(file), from, to };
}

const channel = [
  {
    name: 'channel: the ring is a power of two within bounds',
    ...edit(
      'messages/channel.cc',
      'if (!std::has_single_bit(bytes) || bytes < kSmallestRing || bytes > kLargestRing)',
      'if (false)',
    ),
    by: 'native "a channel whose constants lie*"',
  },
  {
    name: 'channel: the ring lies inside the segment',
    ...edit('messages/channel.cc', ' || offset > total || bytes > total - offset)', ')'),
    by: 'fuzz attach',
  },
  {
    name: 'channel: the table of pages lies behind the segment',
    ...edit(
      'messages/channel.cc',
      '(table != extent_table_offset(total, 0) && table != extent_table_offset(total, 1)) ||',
      '',
    ),
    by: 'native "a channel whose constants lie*"',
  },
  {
    name: 'channel: a small message fits where it is put',
    ...edit('messages/channel.cc', '&& payload.size() > into.size()) {', '&& false) {'),
    by: 'fuzz queue',
  },
  {
    name: 'channel: a large message fits where it is put',
    ...edit('messages/channel.cc', 'if (run.length > into.size()) return', 'if (false) return'),
    by: 'fuzz extents',
  },
  {
    name: 'channel: what a loan brings along fits where it is put',
    ...edit('messages/channel.cc', 'if (payload.size() > into.size()) return', 'if (false) return'),
    by: 'fuzz loans',
  },
  {
    name: 'channel: the length of a large message is checked before memory is made for it',
    ...edit(
      'messages/channel.cc',
      'taken.length = run.length;\n      if (s = extents_.check(run); !s.ok()) return s;',
      'taken.length = run.length;',
    ),
    by: 'node test/segment-damaged.test.ts "before it is checked, by any form of a queue"',
  },
];

const extents = [
  {
    name: 'extents: the table is no longer than it can be (producer)',
    ...edit(
      'messages/extents.cc',
      'if (out.pages > IPC_EXTENT_MAX_PAGES) return',
      'if (false) return',
    ),
    by: 'native "a producer refuses a table*"',
  },
  {
    name: 'extents: the file covers the table (producer)',
    ...edit(
      'messages/extents.cc',
      'if (out.pages > 0 && file < pages_offset_ + std::uint64_t{out.pages} * IPC_EXTENT_PAGE) return',
      'if (file == 1) return',
    ),
    by: 'native "a producer refuses a table*"',
  },
  {
    name: 'extents: a run is not empty',
    ...edit(
      'messages/extents.cc',
      'if (length == 0 || length > out.pages - page)',
      'if (length > out.pages - page)',
    ),
    by: 'fuzz extents',
  },
  {
    name: 'extents: a run ends within the table',
    ...edit(
      'messages/extents.cc',
      'if (length == 0 || length > out.pages - page)',
      'if (length == 0)',
    ),
    by: 'native "a producer refuses a table*"',
  },
  {
    name: 'extents: a reference begins within the table',
    ...edit(
      'messages/extents.cc',
      'run.page >= pages || run.pages == 0 || run.pages > pages - run.page ||',
      'run.pages == 0 || run.pages > pages ||',
    ),
    by: 'native "a consumer refuses a reference*"',
  },
  {
    name: 'extents: a reference ends within the table',
    ...edit('messages/extents.cc', ' || run.pages > pages - run.page ||', ' ||'),
    by: 'native "a consumer refuses a reference*"',
  },
  {
    name: 'extents: a message is no longer than its pages',
    ...edit(
      'messages/extents.cc',
      ' ||\n      run.length > std::uint64_t{run.pages} * IPC_EXTENT_PAGE)',
      ')',
    ),
    by: 'native "a consumer refuses a reference*"',
  },
  {
    name: 'extents: the table is no longer than it can be (consumer)',
    ...edit('messages/extents.cc', 'if (pages > IPC_EXTENT_MAX_PAGES || run.page', 'if (run.page'),
    by: 'native "a consumer refuses a reference*"',
  },
  {
    name: 'extents: the file covers the pages of a reference',
    ...edit(
      'messages/extents.cc',
      'if (segment_->file_size() < pages_offset_ + (std::uint64_t{run.page} + run.pages) * IPC_EXTENT_PAGE)',
      'if (false)',
    ),
    by: 'native "a consumer refuses a reference*"',
  },
  {
    name: 'extents: a loan that is published is still its writer’s',
    ...edit(
      'messages/extents.cc',
      'if (load_relaxed(run_at(run.page).state) != owned_state(IPC_RUN_WRITING, segment_->me(), {}))',
      'if (false)',
    ),
    by: 'native "a loan that the table gives*"',
  },
  {
    name: 'loans: what is published is this channel’s',
    ...edit('messages/channel.h', 'loan.writing() && loan.of(extents_)', 'loan.writing()'),
    by: 'fuzz loans',
  },
  {
    name: 'loans: who has detached gives nothing back, both places',
    edits: [
      edit(
        'messages/extents.cc',
        'void Extents::release(const ipc_extent_ref& run) {\n  if (!segment_->attached()) return;',
        'void Extents::release(const ipc_extent_ref& run) {',
      ),
      edit(
        'messages/extents.cc',
        'void Extents::give_back(const ipc_extent_ref& run) {\n  if (!segment_->attached()) return;',
        'void Extents::give_back(const ipc_extent_ref& run) {',
      ),
    ],
    by: 'native "who has detached*"',
  },
];

const priority = [
  never(
    'messages/slab.cc',
    'chunks < mapped_ || chunks > kMostChunks',
    'native "a priority queue\'s file that is shorter*"',
  ),
  {
    name: 'slab: the file covers the chunks',
    ...edit(
      'messages/slab.cc',
      'if (segment_->file_size() < offset_ + size) return',
      'if (false) return',
    ),
    by: 'native "a priority queue\'s file that is shorter*"',
  },
  never('messages/slab.cc', 'used > blocks()', 'native "a slab whose words lead outside*"'),
  {
    name: 'slab: a link leads to a block',
    ...edit('messages/slab.cc', 'return out < blocks();', 'return true;'),
    by: 'fuzz priority_queue',
  },
  {
    name: 'slab: the list of free blocks stays in the slab',
    ...edit('messages/slab.cc', 'if (head > blocks()) return', 'if (false) return'),
    by: 'native "a slab whose words lead outside*"',
  },
  {
    name: 'slab: the fresh blocks are the slab’s',
    ...edit(
      'messages/slab.cc',
      'if (fresh > blocks() || count - got > blocks() - fresh)',
      'if (false)',
    ),
    by: 'native "a slab whose words lead outside*"',
  },
  {
    name: 'slab: no block belongs to two items',
    ...edit('messages/slab.cc', 'if ((kept_[block / 64] & bit) != 0) return', 'if (false) return'),
    by: 'native "damage to what is said*"',
  },
  {
    name: 'priority queue: the capacity is a power of two within bounds',
    ...edit(
      'messages/priority_queue.cc',
      'if (ring_bytes_for(capacity_) != capacity_)',
      'if (false)',
    ),
    by: 'native "a priority queue whose constants lie*"',
  },
  {
    name: 'priority queue: the slab lies in the file',
    ...edit('messages/priority_queue.cc', ' || offset > segment_->header().total_size)', ')'),
    by: 'native "a priority queue whose constants lie*"',
  },
  {
    name: 'priority queue: no more items than blocks (put)',
    ...edit(
      'messages/priority_queue.cc',
      'if (count >= slab_.blocks()) return',
      'if (false) return',
    ),
    by: 'native "a slab whose words lead outside*"',
  },
  {
    name: 'priority queue: no more items than blocks (get)',
    ...edit(
      'messages/priority_queue.cc',
      'if (count == 0 || count > slab_.blocks()) return',
      'if (false) return',
    ),
    by: 'native "damage to what is derived*"',
  },
  {
    name: 'priority queue: the heap names a block',
    ...edit('messages/priority_queue.cc', 'node.block >= slab_.blocks() || !slab_', '!slab_'),
    by: 'fuzz priority_queue',
  },
  {
    name: 'priority queue: the heap names an item',
    ...edit('messages/priority_queue.cc', ' || !slab_.queued(node.block))', ')'),
    by: 'native "damage to what is derived*"',
  },
  {
    name: 'priority queue: an item fits where it is put',
    ...edit('messages/priority_queue.cc', 'if (length > into.size()) return', 'if (false) return'),
    by: 'fuzz priority_queue',
  },
];

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
  return edit(
    file,
    `if (${what}header().total_size < IPC_BODY_OFFSET + sizeof(ipc_${of[base]})) return`,
    'if (false) return',
  );
}

const segment = [
  {
    name: 'segment: a regular file',
    ...edit('segment/segment_check.cc', 'if (!S_ISREG(about.st_mode)) return', 'if (false) return'),
    by: 'node test/segment-impostors.test.ts',
  },
  {
    name: 'segment: our magic',
    ...edit('segment/segment_check.cc', ' || header.magic != IPC_MAGIC)', ')'),
    by: 'node test/segment-hostile.test.ts',
  },
  {
    name: 'segment: the version is known',
    ...edit(
      'segment/segment_check.cc',
      'if (header.layout_version != IPC_LAYOUT_VERSION)',
      'if (false)',
    ),
    by: 'node test/segment-hostile.test.ts',
  },
  {
    name: 'segment: what is required is known',
    ...edit(
      'segment/segment_check.cc',
      'if ((header.required_features & ~IPC_KNOWN_REQUIRED_FEATURES) != 0) return',
      'if (false) return',
    ),
    by: 'node test/segment-hostile.test.ts',
  },
  {
    name: 'segment: the file is as long as it says',
    ...edit(
      'segment/segment_check.cc',
      'if (header.total_size > static_cast<std::uint64_t>(about.st_size)) return',
      'if (false) return',
    ),
    by: 'native "a file shorter than its header*"',
  },
  {
    name: 'segment: the creation options are no longer than they can be, and inside',
    ...edit(
      'segment/segment_check.cc',
      'if (header.meta_size > IPC_META_MAX || header.meta_offset > header.total_size ||\n      header.meta_size > header.total_size - header.meta_offset)',
      'if (false)',
    ),
    by: 'fuzz attach',
  },
  {
    name: 'segment: the slot of a participant is one of the table',
    ...edit(
      'segment/segment.cc',
      '(base() + IPC_PARTICIPANTS_OFFSET)[slot % IPC_PARTICIPANTS]',
      '(base() + IPC_PARTICIPANTS_OFFSET)[slot]',
    ),
    by: 'fuzz participants',
  },
  {
    name: 'barrier: the parties are a number that can be',
    ...edit(
      'sync/barrier.cc',
      'if (parties == 0 || parties > kMostParties) return Status::corrupt',
      'if (false) return Status::corrupt',
    ),
    by: 'node test/impostors-segments.test.ts "parties"',
  },
  {
    name: 'value: the data lie inside the segment',
    ...edit('memory/cell.cc', 'data_bytes_ > total - data_offset_', 'false'),
    by: 'fuzz attach',
  },
  {
    name: 'semaphore: its file is as long as one',
    ...edit(
      'sync/semaphore_file.cc',
      ' || about.st_size < static_cast<off_t>(sizeof(sem_t)))',
      ')',
    ),
    by: 'node test/semaphore-names.test.ts "that is no semaphore"',
  },
  {
    name: 'memory: a marker’s name is no longer than names are',
    ...edit('memory/bare_memory.cc', 'out.name_length <= kNameMax && ', ''),
    by: 'fuzz look',
  },
  {
    name: 'memory: a marker names no path',
    ...edit(
      'memory/bare_memory.cc',
      "std::memchr(out.name, '/', out.name_length) == nullptr &&",
      '',
    ),
    by: 'native "a marker that names a path*"',
  },
  {
    name: 'doorbell: what is rung is a FIFO',
    ...edit('waiting/doorbell.cc', 'S_ISFIFO(about.st_mode) && about.st_uid', 'about.st_uid'),
    by: 'fuzz participants',
  },
];

const look = [
  {
    name: 'look: the segment holds the body',
    ...edit(
      'look/snapshot_bodies.cc',
      'snapshot_.header.total_size < IPC_BODY_OFFSET + sizeof(Body) || ',
      '',
    ),
    by: 'native "a segment that ends inside its body*"',
  },
  {
    name: 'look: the table of pages is no longer than it can be',
    ...edit(
      'look/snapshot_bodies.cc',
      'if (!in_place || pages > IPC_EXTENT_MAX_PAGES ||',
      'if (!in_place ||',
    ),
    by: 'native "words that lead nowhere*"',
  },
  {
    name: 'look: the table of pages lies where it can',
    ...edit('look/snapshot_bodies.cc', 'if (!in_place || pages', 'if (pages'),
    by: 'native "words that lead nowhere*"',
  },
  {
    name: 'look: a run is not empty, and ends within the table',
    ...edit('look/snapshot_bodies.cc', 'std::clamp(run.pages, 1u, pages - page)', 'run.pages'),
    by: 'fuzz look',
  },
  {
    name: 'look: positions that contradict each other give no depth',
    ...edit(
      'look/snapshot_bodies.cc',
      'if (possible && head.word == again.word) return true;',
      'if (head.word == again.word) return true;',
    ),
    by: 'native "positions that contradict each other are found"',
  },
  {
    name: 'look: a lock’s living holder is a participant of that generation',
    ...edit(
      'look/snapshot_bodies.cc',
      'alive = found != nullptr && (found->generation & kGenerationMask) == (word & kGenerationMask);',
      'alive = true;',
    ),
    by: 'fuzz look',
  },
  {
    name: 'look: an account’s owner lives',
    ...edit(
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
    ...edit(
      'check/check.cc',
      'if (inspection.view().holds<Body>()) return body(inspection);\n  inspection.report("the segment ends inside its body");',
      'body(inspection);',
    ),
    by: 'native "what is no segment of ours*"',
  },
  {
    name: 'check: a record ends within the ring and before the tail',
    ...edit(
      'check/inspect_channel.cc',
      'if (whole > bytes_ - in_ring || whole > left)',
      'if (false)',
    ),
    by: 'native "*queue whose rules are broken*"',
  },
  {
    name: 'check: a run is not empty',
    ...edit(
      'check/inspect_channel.cc',
      'if (run.pages == 0 || run.pages > pages - page)',
      'if (run.pages > pages - page)',
    ),
    by: 'native "a run of pages that breaks*"',
  },
  {
    name: 'check: the table is no longer than it can be',
    ...edit(
      'check/inspect_channel.cc',
      'if (pages > IPC_EXTENT_MAX_PAGES) return',
      'if (false) return',
    ),
    by: 'native "*queue whose rules are broken*"',
  },
  {
    name: 'check: the slab is no larger than it can be, and the file holds it',
    edits: [
      edit(
        'check/inspect_priority.cc',
        'chunks_ > kMostChunks) {',
        'offset > UINT64_MAX - kMostChunks) {',
      ),
      edit(
        'check/inspect_priority.cc',
        'if (inspection_.view().file_size() < offset + Slab::file_bytes(chunks_)) {',
        'if (false) {',
      ),
    ],
    by: 'native "a priority queue whose rules are broken*"',
  },
  {
    name: 'check: a chain stays in the slab',
    ...edit('check/inspect_priority.cc', 'if (block >= links_.size())', 'if (false)'),
    by: 'fuzz check',
  },
  {
    name: 'check: the heap names a block',
    ...edit('check/inspect_priority.cc', 'node.block >= links_.size() || (links_', '(links_'),
    by: 'native "a priority queue whose rules are broken*"',
  },
  {
    name: 'check: the fresh blocks are the slab’s',
    ...edit('check/inspect_priority.cc', 'if (fresh > links_.size()) return', 'if (false) return'),
    by: 'native "a priority queue whose rules are broken*"',
  },
  {
    name: 'check: the list of free blocks is in the slab',
    ...edit('check/inspect_priority.cc', 'if (block >= fresh) return', 'if (false) return'),
    by: 'fuzz check',
  },
  {
    name: 'check: the list of free blocks has an end',
    ...edit(
      'check/inspect_priority.cc',
      'if (owner_[block] != kNobody)\n        return inspection_.report("block %u is in the list of free ones twice',
      'if (false)\n        return inspection_.report("block %u is in the list of free ones twice',
    ),
    by: 'fuzz check',
  },
  {
    name: 'check: a slot is one of the table',
    ...edit('check/segment_view.h', '[slot % IPC_PARTICIPANTS]', '[slot]'),
    by: 'fuzz check',
  },
];

const codecs = [
  {
    name: 'msgpack: a string’s or a buffer’s length',
    file: 'lib/codec/decoder.ts',
    from: "if (bytes > this.end - this.position) throw new Malformed('it ends too early');",
    to: '',
    by: 'node test/fuzz-codec.test.ts',
  },
  {
    name: 'msgpack: an array’s length',
    file: 'lib/codec/decoder.ts',
    from: "if (this.budget < 0) throw new Malformed('it ends too early');",
    to: '',
    by: ['node test/codec-msgpack-hostile.test.ts'],
  },
  {
    name: 'msgpack: the depth',
    file: 'lib/codec/decoder.ts',
    from: "if (++this.depth > maxDepth) throw new Malformed('it is nested too deeply');",
    to: '',
    by: 'node test/codec-msgpack-hostile.test.ts',
  },
  {
    name: 'msgpack: a run of holes',
    file: 'lib/codec/decoder.ts',
    from: "if (next > 0xffffffff) throw new Malformed('an array is longer than arrays can be');",
    to: '',
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
    to: '',
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
    to: 'if (offset < least) throw',
    by: 'node test/fuzz-shareable-list.test.ts',
  },
  {
    name: 'list: the length of a text',
    file: 'lib/memory/list-layout.ts',
    from: 'if (length > slot.length) throw',
    to: 'if (length < 0) throw',
    by: 'node test/fuzz-shareable-list.test.ts',
  },
];

export const faults = [
  ...ring,
  ...channel,
  ...extents,
  ...priority,
  ...bodies,
  ...segment,
  ...look,
  ...check,
  ...codecs,
];
