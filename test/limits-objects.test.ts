import { describe, expect, it } from 'vitest';
import { answerOf, nameFor } from './helpers/segments.js';

describe('1,000 objects in one process', () => {
  it('work side by side, are waited for at once, and leave nothing', async () => {
    const seen = await answerOf<Record<string, unknown>>(
      `import { readdirSync } from 'node:fs';
       const prefix = process.argv[1];
       const files = () => readdirSync('/dev/shm').filter((file) => file.includes(prefix)).length;
       const descriptors = () => readdirSync('/proc/self/fd').length;
       const before = descriptors();
       const count = 1000;
       const make = [
         (name) => new ip.Queue({ name, capacity: 4096 }),
         (name) => new ip.Lock({ name }),
         (name) => new ip.Value('i', 0, { name }),
         (name) => new ip.Event({ name }),
       ];
       const objects = Array.from({ length: count }, (_, i) => make[i % 4](prefix + '-' + i));
       const open = files();
       const queues = objects.filter((object) => object instanceof ip.Queue);
       const waits = objects.map(async (object) => {
         if (object instanceof ip.Queue) return object.get();
         if (object instanceof ip.Event) return object.wait();
         if (object instanceof ip.Lock) return object.run(() => 1);
         return object.add(1);
       });
       objects.forEach((object, i) => {
         if (object instanceof ip.Queue) object.putNowait(i);
         if (object instanceof ip.Event) object.set();
       });
       const ends = await Promise.all(waits);
       const right = ends.filter((end, i) => end === [i, 1, 0, true][i % 4]).length;
       // A wait for any of many.
       queues[123].putNowait('here');
       const [ready] = await ip.wait(queues);
       const found = ready === queues[123];
       for (const object of objects) object.close();
       const warm = descriptors();
       new ip.Queue().close();
       console.log(JSON.stringify({ open, right, found, left: files(), kept: warm - before < 20 }));`,
      { args: [nameFor('thousand')] },
    );
    expect(seen).toEqual({ open: 1000, right: 1000, found: true, left: 0, kept: true });
  });
});
