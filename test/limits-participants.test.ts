import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, it } from 'vitest';
import {
  attach,
  Barrier,
  Condition,
  Event,
  JoinableQueue,
  Lock,
  Pipe,
  PriorityQueue,
  Queue,
  RLock,
  SharedArray,
  type SharedObject,
  Value,
} from '../dist/index.js';
import { own, ownBoth } from './helpers/owned.js';
import { pathOf, run } from './helpers/segments.js';

const python =
  ['/usr/bin/python3', '/usr/local/bin/python3'].find((path) => existsSync(path)) ?? 'python3';

/**
 * Takes every free slot of a segment, as docs/layout.md says that participants do: an open file for each, with an open-file-description
 * lock on the slot's byte. Frees one of them for each line that it reads.
 */
const crowd = `
import fcntl, os, struct, sys
F_OFD_SETLK = 37
held = []
for slot in range(256):
    file = os.open(sys.argv[1], os.O_RDWR)
    try:
        fcntl.fcntl(file, F_OFD_SETLK, struct.pack('hhqqi4x', fcntl.F_WRLCK, 0, 2**40 + 4096 + slot, 1, 0))
        held.append(file)
    except OSError:
        os.close(file)
print(len(held), flush=True)
for line in sys.stdin:
    os.close(held.pop())
    print('freed', flush=True)
`;

const crowds: { kill(): void }[] = [];
afterEach(() => {
  for (const one of crowds.splice(0)) one.kill();
});

async function crowdInto(name: string) {
  const child = spawn(python, ['-c', crowd, pathOf(name)], { stdio: ['pipe', 'pipe', 'inherit'] });
  crowds.push({ kill: () => child.kill('SIGKILL') });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => (await lines.next()).value as string;
  return {
    taken: Number(await line()),
    async freeOne() {
      child.stdin.write('\n');
      expect(await line()).toBe('freed');
    },
  };
}

/** What another process says of attaching. */
async function attachElsewhere(object: SharedObject): Promise<string> {
  const { stdout, stderr } = await run(
    `try { ip.attach(JSON.parse(process.argv[1])).close(); console.log('attached'); }
     catch (error) { console.log(error instanceof ip.InterprocError, error.code, error.message); }`,
    { args: [JSON.stringify(object)] },
  );
  expect(stderr).toBe('');
  return stdout.trim();
}

const makers: Record<string, () => SharedObject> = {
  Queue: () => new Queue(),
  JoinableQueue: () => new JoinableQueue(),
  PriorityQueue: () => new PriorityQueue(),
  Lock: () => new Lock(),
  RLock: () => new RLock(),
  Value: () => new Value('i', 3),
  SharedArray: () => new SharedArray('d', 10) as unknown as SharedObject,
  Event: () => new Event(),
  Condition: () => new Condition(),
  Barrier: () => new Barrier(2),
};

describe('an object with 256 participants', () => {
  it('can be told by python3 with open-file-description locks', () => {
    expect(spawnSync(python, ['-c', 'import fcntl']).status).toBe(0);
  });

  for (const [kind, make] of Object.entries(makers)) {
    it(`is full for one more (${kind}), and has room once somebody leaves`, async () => {
      const object = own(make());
      const others = await crowdInto(object.name);
      expect(others.taken).toBe(255);
      expect(await attachElsewhere(object)).toMatch(
        /^true ERR_TOO_MANY_PARTICIPANTS .*256 attached threads and processes already/,
      );
      // Another handle of this thread is no other participant.
      (attach(object.handle) as SharedObject).close();
      await others.freeOne();
      expect(await attachElsewhere(object)).toBe('attached');
    });
  }

  it('goes on working for who is in it', async () => {
    const queue = own(new Queue<number>());
    await crowdInto(queue.name);
    queue.putSync(1);
    expect(await queue.get()).toBe(1);
    const [a, b] = ownBoth(Pipe<number>());
    await crowdInto(a.name);
    a.sendSync(2);
    expect(await b.recv()).toBe(2);
  });
});
