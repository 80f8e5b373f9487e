/**
 * The native addon's surface. Only lib/native.ts loads it.
 *
 * An object is a small integer, its `id`; a message crosses in one call with integers, through buffers that were registered
 * once. Outcomes that are no errors are the negative numbers of `Outcome` in lib/native.ts; errors are thrown, made by the
 * function given to setErrorFactory.
 */
export interface Binding {
  // Objects. Every create function begins with name, mode, persist, codec, meta.
  createQueue(
    name: string,
    mode: number,
    persist: boolean,
    codec: number,
    meta: string,
    capacity: number,
    maxItems: number,
    maxBytes: number,
    joinable: boolean,
  ): number;
  createPipe(
    name: string,
    mode: number,
    persist: boolean,
    codec: number,
    meta: string,
    capacity: number,
    maxBytes: number,
    duplex: boolean,
  ): number;
  createCell(
    name: string,
    mode: number,
    persist: boolean,
    codec: number,
    meta: string,
    bytes: number,
    /** The first bytes; the rest is zero. */
    initial: Uint8Array,
  ): number;
  createLock(name: string, mode: number, persist: boolean, codec: number, meta: string): number;
  createSemaphore(
    name: string,
    mode: number,
    persist: boolean,
    codec: number,
    meta: string,
    value: number,
  ): number;
  createEvent(name: string, mode: number, persist: boolean, codec: number, meta: string): number;
  createCondition(
    name: string,
    mode: number,
    persist: boolean,
    codec: number,
    meta: string,
  ): number;
  createBarrier(
    name: string,
    mode: number,
    persist: boolean,
    codec: number,
    meta: string,
    parties: number,
  ): number;
  openSemaphore(name: string): number;
  openEvent(name: string): number;
  openCondition(name: string): number;
  openBarrier(name: string): number;
  openQueue(name: string): number;
  openPipe(name: string): number;
  openCell(name: string): number;
  openLock(name: string): number;
  /** Leaves, detaches every view, unmaps; unlinks where nobody else is attached. Idempotent. */
  close(id: number): void;
  /** Whether the name still leads to this object. */
  isCurrent(id: number): boolean;
  unlink(id: number): void;
  unlinkName(name: string): void;
  describe(id: number): Description;
  /** Attaches to nothing. `undefined` where there is nothing to attach to. */
  describeNamed(name: string): Description | undefined;

  // Buffers of this thread.
  setTransmitBuffer(buffer: Uint8Array): void;
  setBatchBuffer(buffer: Uint8Array): void;
  setReceiveBuffer(buffer: Uint8Array): void;
  setLengths(table: Uint32Array): void;
  setReadyTable(table: Uint32Array): void;
  /** A byte for each watch: 1 while it counts. */
  setActiveTable(table: Uint8Array): void;
  setErrorFactory(factory: ErrorFactory): void;
  /** Bytes that the message which last did not fit into the receive buffer asks for. */
  needed(): number;
  /** Releases locks and closes pipe ends: an orderly end. */
  leaveAll(): void;
  /** Removes what dead processes left; how many files. */
  sweep(): number;
  /** A sentence for each rule of the layout that the segment breaks. `quiet`: nobody living is inside a call. */
  checkSegment(name: string, quiet: boolean): string[];

  // Queues. `insist` asks others to leave the next room to this producer.
  queuePut(id: number, start: number, end: number, insist: boolean): number;
  queuePutBytes(id: number, bytes: Uint8Array, insist: boolean): number;
  queuePutMany(id: number, start: number, first: number, count: number, insist: boolean): number;
  queueGet(id: number): number;
  queueGetInto(id: number, bytes: Uint8Array): number;
  queueGetMany(id: number, most: number): number;
  queueCount(id: number): number;
  queueShutDown(id: number, immediate: boolean): number;
  queueRoom(id: number, bytes: number): number;
  queueLimits(id: number): { capacity: number; maxItems: number; maxBytes: number };
  queueStopInsisting(id: number): void;
  /** 1, or 0 where nothing is unfinished. */
  queueTaskDone(id: number): number;
  /** How many items were lost with dead consumers, once all others are finished. */
  queueJoin(id: number): number;

  // Priority queues, as queues. A message that goes in ends with its priority, a double; what comes out does not.
  createPriorityQueue(
    name: string,
    mode: number,
    persist: boolean,
    codec: number,
    meta: string,
    capacity: number,
    maxItems: number,
    maxBytes: number,
  ): number;
  openPriorityQueue(name: string): number;
  priorityPut(id: number, start: number, end: number, insist: boolean): number;
  priorityPutBytes(id: number, bytes: Uint8Array, insist: boolean): number;
  priorityPutMany(id: number, start: number, first: number, count: number, insist: boolean): number;
  priorityGet(id: number): number;
  priorityGetMany(id: number, most: number): number;
  priorityCount(id: number): number;
  priorityShutDown(id: number, immediate: boolean): void;
  priorityRoom(id: number): number;
  priorityLimits(id: number): { capacity: number; maxItems: number; maxBytes: number };
  priorityStopInsisting(id: number): void;

  // Pipes. `end` is 0 or 1.
  pipeSend(id: number, end: number, start: number, stop: number): number;
  pipeSendBytes(id: number, end: number, bytes: Uint8Array, offset: number, size: number): number;
  pipeReceive(id: number, end: number): number;
  pipeReceiveInto(id: number, end: number, bytes: Uint8Array, offset: number): number;
  pipeNextLength(id: number, end: number): number;
  pipeClaim(id: number, end: number): number;
  pipeSendAway(id: number, end: number): number;
  pipeArrived(id: number, end: number): boolean;
  pipeCloseEnd(id: number, end: number): void;
  pipeAbilities(
    id: number,
    end: number,
  ): { readable: boolean; writable: boolean; capacity: number; maxBytes: number };

  // Loans of queues and pipes, by numbers that are never used twice. What gives a loan has written its length, how many bytes it
  // copied into the receive buffer (the metadata, or a small message), whether it is encoded (1) or bare (0), and its number into
  // the table of lengths. A buffer, or an outcome.
  queueLend(id: number, bytes: number): Buffer | number;
  pipeLend(id: number, end: number, bytes: number): Buffer | number;
  /** 0: a small message, which was copied. */
  queueTakeLoan(id: number): Buffer | number;
  pipeTakeLoan(id: number, end: number): Buffer | number;
  /** Publishes, and detaches the buffer. */
  queuePutLoan(
    id: number,
    loan: number,
    view: ArrayBuffer,
    meta: Uint8Array,
    insist: boolean,
  ): number;
  pipeSendLoan(id: number, end: number, loan: number, view: ArrayBuffer, meta: Uint8Array): number;
  /** Detaches the view, where it was not collected, and gives the memory back. Nothing where that has happened. */
  loanRelease(id: number, loan: number, view: ArrayBuffer | undefined): void;

  // Locks, and the locks and memory of cells.
  /** 0 held by another, 1 acquired, 2 acquired from a dead holder, 3 held by this thread already. */
  lockAcquire(id: number, recursive: boolean, askKernel: boolean): number;
  lockRelease(id: number): number;
  /** 0 free, 1 held by another, 2 held by this thread. */
  lockState(id: number): number;
  /** How often this thread has it: 0 where it does not. */
  lockDepth(id: number): number;
  /** A new buffer over the memory, for one handle. close() detaches them all. */
  cellView(id: number): ArrayBuffer;
  /** Detaches one of them, and unmaps it. */
  closeView(id: number, buffer: ArrayBuffer): void;
  /** Detaches any buffer. */
  detachView(buffer: ArrayBuffer): void;
  cellBytes(id: number): number;

  // Semaphores. Unlinking removes the semaphore as well, whoever made it.
  semaphoreUnlinkName(name: string): void;
  semaphoreUnlink(id: number): void;
  semaphoreAcquire(id: number): boolean;
  semaphoreRelease(id: number, count: number, bounded: boolean): void;
  semaphoreValue(id: number): number;
  /** The first value; -1 where another program made it. */
  semaphoreInitial(id: number): number;

  // Events. `since` is what eventBegin gave when the wait began.
  eventSet(id: number): void;
  eventClear(id: number): void;
  eventIsSet(id: number): boolean;
  eventBegin(id: number): number;
  eventPassed(id: number, since: number): boolean;

  // Conditions. Enter and notify with the lock held.
  conditionEnter(id: number): void;
  conditionTake(id: number): boolean;
  /** Ends a wait that was not notified; true where it had been all the same. */
  conditionLeave(id: number): boolean;
  conditionNotify(id: number, most: number): number;
  conditionWaiting(id: number): number;

  // Barriers.
  /** The round that the wait belongs to; -1: broken; -2 - round: that round takes no more. */
  barrierArrive(id: number, hasAction: boolean): number;
  /** 0 waiting, 1 passed, 2 broken, 3 (once) this thread shall run the action. */
  barrierLook(id: number, round: number): number;
  /** For one who passed. */
  barrierIndex(id: number, round: number): number;
  barrierActed(id: number, round: number): void;
  barrierBreak(id: number, round: number): void;
  /** False where the round is over already. */
  barrierWithdraw(id: number, round: number, hasAction: boolean): boolean;
  barrierAbort(id: number): void;
  barrierReset(id: number): void;
  barrierParties(id: number): number;
  barrierWaiting(id: number): number;
  barrierBroken(id: number): boolean;

  // Waiting. `need` is a condition's parameter: bytes of room.
  /** Blocks the thread until the condition may hold, or there is something else to do: try again. A second at most. */
  waitSync(id: number, condition: number, need: number, milliseconds: number): boolean;
  /** For a waitSync() that ends without what it waited for: wakes the next waiter if the condition holds. */
  passWake(id: number, condition: number, need: number): void;
  watch(id: number, condition: number, need: number): number;
  rewatch(watch: number, condition: number, need: number): void;
  /** Takes back what announce() announced for a watch that is no longer active, and wakes the next waiter if the condition holds. */
  retire(watch: number): void;
  /** Fills the ready table with active watches whose condition may hold; how many. Looks for up to so many nanoseconds. */
  poll(nanoseconds: number): number;
  /**
   * Looks at one watch for up to `nanoseconds`, a few microseconds: 1 where its condition may hold, 0 where not, -1 without a look where the
   * last poll() was too long ago: the event loop shall have a turn.
   */
  glance(watch: number, nanoseconds: number): number;
  /** poll() that also asks the kernel whether those depended on live. */
  inspect(): number;
  /** Announces every active watch, then polls: at 0 the loop may sleep until the doorbell rings. */
  announce(): number;
  /** Whether the kernel tells, through the doorbell, of every death and detachment that an active watch depends on. */
  watchDepartures(): boolean;
  /** inspect() as soon as it finds something; blocks the thread until then, or until there is something else to do. A second at most. */
  block(milliseconds: number): number;
  takeDoorbell(): number;
  /** The longest that may be polled before a sleep, in microseconds; 0 with one CPU. */
  longestPoll(): number;

  // Bare memory. Its numbers are its own and are never used twice.
  memoryCreate(
    name: string,
    mode: number,
    persist: boolean,
    size: number,
    /** The first bytes; the rest is zero. */
    initial: Uint8Array,
  ): number;
  /** Of this owner only. */
  memoryOpen(name: string, owner: number): number;
  memorySize(id: number): number;
  /** The buffer over the memory; once. */
  memoryView(id: number): ArrayBuffer;
  /** Detaches that buffer. */
  memoryEmpty(id: number, view: ArrayBuffer): void;
  /** Leaves; removes the name where nobody else is attached and it was made here. Views stay as they are. Idempotent. */
  memoryClose(id: number): void;
  memoryUnlink(id: number): void;

  // Looking, which changes nothing and takes neither slot nor lock; and removing on request. A file is a name in /dev/shm.
  lookAt(name: string): SegmentLook;
  lookAtMemory(name: string): MemoryLook;
  /** The name that a marker of bare memory stands for; '' where it is none. */
  nameInMarker(file: string): string;
  /** 0 no doorbell, 1 its owner is dead, 2 it lives. */
  doorbellState(file: string): number;
  /** False where living participants hold it and `force` is not given. */
  removeSegment(name: string, force: boolean): boolean;
  removeMemory(name: string, force: boolean): boolean;
  /** sweep() that tells the files it removed. `persistent`: also what is to persist and nobody holds. */
  clean(persistent: boolean): string[];

  // Signals that come while the main thread is blocked, by their numbers.
  /** Counts arrivals from now on, besides what is done with them anyway. */
  countSignal(signal: number): void;
  /** How many came since the last call. */
  takeSignal(signal: number): number;
  /** One of them was delivered by the event loop. */
  settleSignal(signal: number): void;

  // The process.
  setIdentity(text: string): void;
  identity(): string;
  /** What `node:worker_threads` says as well, which loads every stream of Node.js with it. */
  isMainThread(): boolean;
  dieWithPeer(id: number, end: number): void;
  /** Fills `bytes`. */
  randomBytes(bytes: Uint8Array): void;

  // Sockets. False where the system refuses.
  limitSilence(descriptor: number, milliseconds: number): boolean;
}

/** What the file system says of a file. Times are milliseconds since 1970, 0 where there is none. */
export interface FileLook {
  readonly size: number;
  readonly allocated: number;
  readonly inode: number;
  readonly owner: number;
  readonly mode: number;
  readonly born: number;
}

/** native/core/look/description.h: what the creator of an object chose. */
export interface Description {
  readonly kind: number;
  readonly codec: number;
  readonly meta: string;
  readonly persist: boolean;
  readonly mode: number;
  /** Of queues, as `queueLimits` gives them. */
  readonly capacity: number;
  readonly maxItems: number;
  readonly maxBytes: number;
  /** Of a barrier. */
  readonly parties: number;
  /** The first value of a semaphore; -1 where nobody knows. */
  readonly initial: number;
}

/** `code` is '' where it could be read, 'SYSTEM:<errno>' after a failed system call, else an error's code. */
export interface Look {
  readonly code: string;
  readonly reason: string;
  readonly file: FileLook;
  /** Somebody attaches, detaches or unlinks at this moment. */
  readonly adminHeld: boolean;
}

/** native/core/look/snapshot.h. */
export interface SegmentLook extends Look {
  readonly kind: number;
  readonly layoutVersion: number;
  readonly totalSize: number;
  readonly codec: number;
  readonly persist: boolean;
  readonly meta: string;
  /** Whole or truncated, and nobody who lives holds it. */
  readonly unused: boolean;
  /** Process of slot 0's first owner; 0 where the slot has had others since. */
  readonly creator: number;
  readonly participants: readonly {
    readonly slot: number;
    readonly generation: number;
    readonly pid: number;
    readonly startTime: number;
    readonly attachedAt: number;
    readonly doorbell: string;
    readonly sleepMode: number;
  }[];
  readonly locks: readonly {
    readonly role: string;
    readonly held: boolean;
    readonly alive: boolean;
    readonly slot: number;
    readonly depth: number;
    readonly acquiredAt: number;
  }[];
  readonly waits: readonly { readonly role: string; readonly slots: readonly number[] }[];
  readonly counts: readonly {
    readonly role: string;
    readonly slot: number;
    readonly count: number;
    readonly alive: boolean;
  }[];
  readonly groups: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly findings: readonly string[];
}

export interface MemoryLook extends Look {
  /** Made by this library for this user, and not to persist. */
  readonly marked: boolean;
  /** Somebody is attached through this library. */
  readonly held: boolean;
}

export type ErrorFactory = (
  code: string,
  message: string,
  details: { errno?: number; syscall?: string; path?: string; layout?: string },
) => Error;
