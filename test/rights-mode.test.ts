import { deepStrictEqual } from 'node:assert';
import { describe, it } from 'vitest';
import { answerOf } from './helpers/segments.js';

// Every class makes one object; the names of its files follow. The umask is the whole process's: so each runs in a child.
const script = `
import fs from 'node:fs';
import path from 'node:path';
const modeOf = (file) => (fs.lstatSync(file).mode & 0o7777).toString(8);
const mode = JSON.parse(process.argv[1]);
const options = mode === null ? {} : { mode };
const files = () => new Set(fs.readdirSync('/dev/shm'));
const makers = {
  Queue: () => new ip.Queue(options),
  JoinableQueue: () => new ip.JoinableQueue(options),
  SimpleQueue: () => new ip.SimpleQueue(options),
  PriorityQueue: () => new ip.PriorityQueue(options),
  Pipe: () => ip.Pipe(options)[0],
  Value: () => new ip.Value('i', 1, options),
  SharedArray: () => new ip.SharedArray('i', 1, options),
  Lock: () => new ip.Lock(options),
  RLock: () => new ip.RLock(options),
  Semaphore: () => new ip.Semaphore(1, options),
  BoundedSemaphore: () => new ip.BoundedSemaphore(1, options),
  Condition: () => new ip.Condition(undefined, options),
  Event: () => new ip.Event(options),
  Barrier: () => new ip.Barrier(2, options),
  SharedMemory: () => new ip.SharedMemory({ create: true, size: 1, ...options }),
  ShareableList: () => new ip.ShareableList([1], options),
};
const kept = [];
const seen = {};
for (const [what, make] of Object.entries(makers)) {
  const object = make();
  kept.push(object);
  const mine = [...files()].filter((file) => file === object.name || file.endsWith('.' + object.name));
  seen[what] = mine.map((file) => modeOf('/dev/shm/' + file));
}
// The markers of this program's memory, which are named after its files, and no other test's.
const others = kept.filter((object) => fs.existsSync('/dev/shm/' + object.name))
  .map(({ name }) => '/dev/shm/interproc-memory.' + fs.statSync('/dev/shm/' + name).ino.toString())
  .filter((file) => fs.existsSync(file))
  .map((file) => modeOf(file));
// The FIFO that wakes this thread, while it waits.
void kept[0].get().catch(() => {});
await new Promise((resolve) => setImmediate(resolve));
const opened = fs.readdirSync('/proc/self/fd').map((fd) => {
  try { return fs.readlinkSync('/proc/self/fd/' + fd); } catch { return ''; }
});
const bells = opened.filter((file) => file.startsWith('/dev/shm/interproc-bell.')).map((file) => modeOf(file));
const listener = new ip.Listener();
listener.accept().catch(() => {});
const folder = modeOf(path.dirname(listener.address));
console.log(JSON.stringify({ seen, others: [...new Set(others)], bells: [...new Set(bells)], folder }));
listener.close();
process.exit(0);`;

const classes = [
  ['Queue', 1],
  ['JoinableQueue', 1],
  ['SimpleQueue', 1],
  ['PriorityQueue', 1],
  ['Pipe', 1],
  ['Value', 1],
  ['SharedArray', 1],
  ['Lock', 1],
  ['RLock', 1],
  // The segment and the sem_t beside it.
  ['Semaphore', 2],
  ['BoundedSemaphore', 2],
  ['Condition', 1],
  ['Event', 1],
  ['Barrier', 1],
  ['SharedMemory', 1],
  ['ShareableList', 1],
] as const;

describe('the mode of what is created', () => {
  for (const umask of ['000', '077', '777']) {
    for (const mode of [undefined, 0o666]) {
      const wanted = mode ?? 0o600;
      it(`is ${wanted.toString(8)} under umask ${umask} where ${mode === undefined ? 'none' : 'that'} is given`, async () => {
        const { seen, others, bells, folder } = await answerOf<{
          seen: Record<string, string[]>;
          others: string[];
          bells: string[];
          folder: string;
        }>(script, {
          args: [JSON.stringify(mode ?? null)],
          within: ['sh', '-c', `umask ${umask} && exec "$@"`, 'sh'],
        });
        for (const [what, files] of classes)
          deepStrictEqual(seen[what], Array(files).fill(wanted.toString(8)), what);
        // Markers, doorbells, a listener's folder: nobody else's business, whatever the object's mode is.
        deepStrictEqual([others, bells, folder], [['600'], ['600'], '700']);
      });
    }
  }
});
