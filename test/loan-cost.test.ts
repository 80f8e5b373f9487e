import { describe, expect, it } from 'vitest';
import { Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';

describe('handing a loan over', () => {
  it('takes as long for 32 MiB as for 64 KiB', () => {
    const queue = own(new Queue());
    const once = (size: number) => {
      const start = performance.now();
      queue.putSync(queue.allocSync(size));
      queue.getLoanSync().release();
      return performance.now() - start;
    };
    const sizes = [64 * 1024, 32 * 1024 * 1024];
    // The file grows for the first one.
    for (const size of sizes) once(size);
    const best = sizes.map((size) => Math.min(...Array.from({ length: 200 }, () => once(size))));
    const [small = 0, large = 0] = best;
    // Copying would take 512 times as long; an eighth of that would show.
    expect(large).toBeLessThan(small * 64);
  });
});
