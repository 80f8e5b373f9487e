// The messages of queues and pipes, the same bytes in every language (README.md, "A message").
import { crc32 } from 'node:zlib';

const pattern = Buffer.from({ length: 256 + 70_000 }, 0).map((_, index) => index & 0xff);

/** How long the body of a message is: short ones of changing length, now and then one that does not fit into the ring's records. */
const bodyLength = (sequence) => (sequence % 1_000 === 999 ? 70_000 : (sequence * 7) % 61);

export function message(producer, sequence) {
  const length = bodyLength(sequence);
  const from = (sequence + producer * 31) & 0xff;
  const bytes = Buffer.allocUnsafe(length + 12);
  bytes.writeUInt32LE(producer, 0);
  bytes.writeUInt32LE(sequence, 4);
  pattern.copy(bytes, 8, from, from + length);
  bytes.writeUInt32LE(crc32(bytes.subarray(0, length + 8)), length + 8);
  return bytes;
}

/** Takes messages as they come, and throws for one that is damaged or out of its producer's order. */
export class Account {
  messages = [0, 0];
  /** Of each producer's checksums. */
  sums = [0, 0];
  #next = [0, 0];

  take(bytes) {
    const producer = bytes.readUInt32LE(0);
    const sequence = bytes.readUInt32LE(4);
    if (bytes.length !== bodyLength(sequence) + 12) {
      throw new Error(`message ${sequence} of producer ${producer} has ${bytes.length} bytes`);
    }
    const sum = crc32(bytes.subarray(0, -4));
    if (sum !== bytes.readUInt32LE(bytes.length - 4)) {
      throw new Error(`message ${sequence} of producer ${producer} is damaged`);
    }
    if (sequence < this.#next[producer]) {
      throw new Error(
        `message ${sequence} of producer ${producer} after ${this.#next[producer] - 1}`,
      );
    }
    this.#next[producer] = sequence + 1;
    this.messages[producer]++;
    this.sums[producer] += sum;
    return sequence;
  }

  get total() {
    return this.messages[0] + this.messages[1];
  }

  /** `next`: behind each producer's last message. Equal to `messages` where none is missing. */
  toJSON() {
    return { messages: this.messages, sums: this.sums, next: this.#next };
  }
}

/** The sum of the checksums of a producer's first `count` messages. */
export function expectedSum(producer, count) {
  let sum = 0;
  for (let sequence = 0; sequence < count; sequence++) {
    const bytes = message(producer, sequence);
    sum += bytes.readUInt32LE(bytes.length - 4);
  }
  return sum;
}
