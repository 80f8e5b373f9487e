import type { Codec, Scratch } from '../codec/codec.js';

const priorityBytes = 8;

/** Encodes items as they go into a priority queue: the message of a codec, then the priority that `run` gave it. */
export class PriorityCodec<T> implements Codec<T> {
  readonly id: number;
  readonly name: string;
  readonly #codec: Codec<T>;
  #priority = 0;

  constructor(codec: Codec<T>) {
    this.#codec = codec;
    this.id = codec.id;
    this.name = codec.name;
  }

  /** Runs `put`, in which everything is encoded with this priority. An item's getter may put as well, and changes nothing here. */
  run<R>(priority: number, put: () => R): R {
    const before = this.#priority;
    this.#priority = priority;
    try {
      return put();
    } finally {
      this.#priority = before;
    }
  }

  encode(value: T, scratch: Scratch): void {
    this.#codec.encode(value, scratch);
    const { end } = scratch;
    if (end + priorityBytes > scratch.buffer.length) {
      const larger = Buffer.allocUnsafeSlow(end + priorityBytes);
      scratch.buffer.copy(larger, 0, 0, end);
      scratch.buffer = larger;
    }
    scratch.end = scratch.buffer.writeDoubleLE(this.#priority, end);
  }

  decode(bytes: Buffer, start: number, end: number): T {
    return this.#codec.decode(bytes, start, end);
  }
}
