// Checks of what is read from rings, tables of pages and slabs, each taken away.
import { core, never } from './edits.mjs';

const ring = [
  {
    name: 'ring: the head is within a ring behind the tail (producer)',
    ...core(
      'messages/ring.cc',
      'if (write_.bytes_since(head) > bytes_) return',
      'if (false) return',
    ),
    by: 'fuzz ring',
  },
  {
    name: 'ring: the tail is within a ring ahead of the head (consumer), both places',
    edits: [
      core('messages/ring.cc', 'if (bytes > bytes_) return Status', 'if (false) return Status'),
      core('messages/ring.cc', ' || available > bytes_)', ')'),
    ],
    by: 'native "positions and records that contradict*"',
  },
  {
    name: 'ring: a fill is no more than the ring',
    ...core('messages/ring.cc', 'bytes = std::min(bytes, bytes_);', ''),
    by: 'fuzz ring',
  },
  {
    name: 'ring: a record ends within the ring',
    ...core('messages/ring.cc', 'whole > to_end || whole > available', 'whole > available'),
    by: 'fuzz ring',
  },
  {
    name: 'ring: a record ends before the tail',
    ...core('messages/ring.cc', 'whole > to_end || whole > available', 'whole > to_end'),
    by: 'fuzz ring',
  },
  {
    name: 'ring: an ordinary record ends within the ring',
    ...core('messages/ring.h', 'whole > bytes_ - offset || whole > available', 'whole > available'),
    by: 'fuzz ring',
  },
  {
    name: 'ring: an ordinary record ends before the tail',
    ...core(
      'messages/ring.h',
      'whole > bytes_ - offset || whole > available',
      'whole > bytes_ - offset',
    ),
    by: 'fuzz ring',
  },
  {
    name: 'ring: room that is known of goes with the records that are forgotten',
    ...core('messages/ring.cc', 'if (write_.word != before.word) plain_ = 0;', ''),
    by: 'asan "what was known of the room behind forgotten records*"',
  },
  {
    name: 'ring: room that is known of goes when records are taken back',
    ...core('messages/ring.h', 'write_ = to;\n    plain_ = 0;', 'write_ = to;'),
    by: 'asan "what was known of the room behind forgotten records*"',
  },
  {
    name: 'queue: what a consumer saw counts only while nobody else has taken',
    ...core('messages/ring.cc', 'load_relaxed(shared_->head) == last_head_.word && ', ''),
    by: 'native "a consumer that had seen more sees the end all the same*"',
  },
  {
    name: 'ring: a record is of a known type',
    ...core(
      'messages/ring.cc',
      'if (local.type != IPC_RECORD_DATA && local.type != IPC_RECORD_EXTENT && local.type != IPC_RECORD_LOAN)',
      'if (false)',
    ),
    by: 'native "positions and records that contradict*"',
  },
];

const channel = [
  {
    name: 'channel: the ring is a power of two within bounds',
    ...core(
      'messages/channel.cc',
      'if (!std::has_single_bit(bytes) || bytes < kSmallestRing || bytes > kLargestRing)',
      'if (false)',
    ),
    by: 'native "a channel whose constants lie*"',
  },
  {
    name: 'channel: the ring lies inside the segment',
    ...core('messages/channel.cc', ' || offset > total || bytes > total - offset)', ')'),
    by: 'fuzz attach',
  },
  {
    name: 'channel: the table of pages lies behind the segment',
    ...core(
      'messages/channel.cc',
      '(table != extent_table_offset(total, 0) && table != extent_table_offset(total, 1)) ||',
      '',
    ),
    by: 'native "a channel whose constants lie*"',
  },
  {
    name: 'channel: a small message fits where it is put',
    ...core('messages/channel.cc', '&& payload.size() > into.size()) {', '&& false) {'),
    by: 'fuzz queue',
  },
  {
    name: 'channel: a large message fits where it is put',
    ...core('messages/channel.cc', 'if (run.length > into.size()) return', 'if (false) return'),
    by: 'fuzz extents',
  },
  {
    name: 'channel: what a loan brings along fits where it is put',
    ...core('messages/channel.cc', 'if (payload.size() > into.size()) return', 'if (false) return'),
    by: 'fuzz loans',
  },
  {
    name: 'channel: the length of a large message is checked before memory is made for it',
    ...core(
      'messages/channel.cc',
      'taken.length = run.length;\n      if (s = extents_.check(run); !s.ok()) return s;',
      'taken.length = run.length;',
    ),
    by: 'node test/segment-hostile.test.ts "before it is checked, by any form of a queue"',
  },
];

const extents = [
  {
    name: 'extents: the table is no longer than it can be (producer)',
    ...core(
      'messages/extents.cc',
      'if (out.pages > IPC_EXTENT_MAX_PAGES) return',
      'if (false) return',
    ),
    by: 'native "a producer refuses a table*"',
  },
  {
    name: 'extents: the file covers the table (producer)',
    ...core(
      'messages/extents.cc',
      'if (out.pages > 0 && file < pages_offset_ + std::uint64_t{out.pages} * IPC_EXTENT_PAGE) return',
      'if (file == 1) return',
    ),
    by: 'native "a producer refuses a table*"',
  },
  {
    name: 'extents: a run is not empty',
    ...core(
      'messages/extents.cc',
      'if (length == 0 || length > out.pages - page)',
      'if (length > out.pages - page)',
    ),
    by: 'fuzz extents',
  },
  {
    name: 'extents: a run ends within the table',
    ...core(
      'messages/extents.cc',
      'if (length == 0 || length > out.pages - page)',
      'if (length == 0)',
    ),
    by: 'native "a producer refuses a table*"',
  },
  {
    name: 'extents: a reference begins within the table',
    ...core(
      'messages/extents.cc',
      'run.page >= pages || run.pages == 0 || run.pages > pages - run.page ||',
      'run.pages == 0 || run.pages > pages ||',
    ),
    by: 'native "a consumer refuses a reference*"',
  },
  {
    name: 'extents: a reference ends within the table',
    ...core('messages/extents.cc', ' || run.pages > pages - run.page ||', ' ||'),
    by: 'native "a consumer refuses a reference*"',
  },
  {
    name: 'extents: a message is no longer than its pages',
    ...core(
      'messages/extents.cc',
      ' ||\n      run.length > std::uint64_t{run.pages} * IPC_EXTENT_PAGE)',
      ')',
    ),
    by: 'native "a consumer refuses a reference*"',
  },
  {
    name: 'extents: the table is no longer than it can be (consumer)',
    ...core('messages/extents.cc', 'if (pages > IPC_EXTENT_MAX_PAGES || run.page', 'if (run.page'),
    by: 'native "a consumer refuses a reference*"',
  },
  {
    name: 'extents: the file covers the pages of a reference',
    ...core(
      'messages/extents.cc',
      'if (segment_->file_size() < pages_offset_ + (std::uint64_t{run.page} + run.pages) * IPC_EXTENT_PAGE)',
      'if (false)',
    ),
    by: 'native "a consumer refuses a reference*"',
  },
  {
    name: 'extents: a loan that is published is still its writer’s',
    ...core(
      'messages/extents.cc',
      'if (load_relaxed(run_at(run.page).state) != owned_state(IPC_RUN_WRITING, segment_->me(), {}))',
      'if (false)',
    ),
    by: 'native "a loan that the table gives*"',
  },
  {
    name: 'loans: what is published is this channel’s',
    ...core('messages/channel.h', 'loan.writing() && loan.of(extents_)', 'loan.writing()'),
    by: 'fuzz loans',
  },
  {
    name: 'loans: who has detached gives nothing back, both places',
    edits: [
      core(
        'messages/extents.cc',
        'void Extents::release(const ipc_extent_ref& run) {\n  if (!segment_->attached()) return;',
        'void Extents::release(const ipc_extent_ref& run) {',
      ),
      core(
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
    ...core(
      'messages/slab.cc',
      'if (segment_->file_size() < offset_ + size) return',
      'if (false) return',
    ),
    by: 'native "a priority queue\'s file that is shorter*"',
  },
  never('messages/slab.cc', 'used > blocks()', 'native "a slab whose words lead outside*"'),
  {
    name: 'slab: a link leads to a block',
    ...core('messages/slab.cc', 'return out < blocks();', 'return true;'),
    by: 'fuzz priority_queue',
  },
  {
    name: 'slab: the list of free blocks stays in the slab',
    ...core('messages/slab.cc', 'if (head > blocks()) return', 'if (false) return'),
    by: 'native "a slab whose words lead outside*"',
  },
  {
    name: 'slab: the fresh blocks are the slab’s',
    ...core(
      'messages/slab.cc',
      'if (fresh > blocks() || count - got > blocks() - fresh)',
      'if (false)',
    ),
    by: 'native "a slab whose words lead outside*"',
  },
  {
    name: 'slab: no block belongs to two items',
    ...core('messages/slab.cc', 'if ((kept_[block / 64] & bit) != 0) return', 'if (false) return'),
    by: 'native "damage to what is said*"',
  },
  {
    name: 'priority queue: the capacity is a power of two within bounds',
    ...core(
      'messages/priority_queue.cc',
      'if (ring_bytes_for(capacity_) != capacity_)',
      'if (false)',
    ),
    by: 'native "a priority queue whose constants lie*"',
  },
  {
    name: 'priority queue: the slab lies in the file',
    ...core('messages/priority_queue.cc', ' || offset > segment_->header().total_size)', ')'),
    by: 'native "a priority queue whose constants lie*"',
  },
  {
    name: 'priority queue: no more items than blocks (put)',
    ...core(
      'messages/priority_queue.cc',
      'if (count >= slab_.blocks()) return',
      'if (false) return',
    ),
    by: 'native "a slab whose words lead outside*"',
  },
  {
    name: 'priority queue: no more items than blocks (get)',
    ...core(
      'messages/priority_queue.cc',
      'if (count == 0 || count > slab_.blocks()) return',
      'if (false) return',
    ),
    by: 'native "damage to what is derived*"',
  },
  {
    name: 'priority queue: the heap names a block',
    ...core('messages/priority_queue.cc', 'node.block >= slab_.blocks() || !slab_', '!slab_'),
    by: 'fuzz priority_queue',
  },
  {
    name: 'priority queue: the heap names an item',
    ...core('messages/priority_queue.cc', ' || !slab_.queued(node.block))', ')'),
    by: 'native "damage to what is derived*"',
  },
  {
    name: 'priority queue: an item fits where it is put',
    ...core('messages/priority_queue.cc', 'if (length > into.size()) return', 'if (false) return'),
    by: 'fuzz priority_queue',
  },
];

export const faults = [...ring, ...channel, ...extents, ...priority];
