// Ours and an ordinary typed array in one process, sweep by sweep: a loop that reads and writes every element. Each array
// has a loop of its own, compiled for it alone.
import { c_double, c_int32, SharedArray } from 'interproc';
import { serve } from '../harness/serve.mjs';

// Functions of the same text share what V8 has learnt about their arguments: so each has a text of its own.
function makeLoop(name) {
  const body = 'for (let i = 0; i < array.length; i++) array[i] = array[i] * 3 + 1;';
  return new Function('array', `// ${name}\n${body}`);
}

export async function sweeps({ length }, tell) {
  const kinds = { c_int32: [c_int32, Int32Array], c_double: [c_double, Float64Array] };
  const pairs = Object.entries(kinds).map(([key, [type, Ordinary]]) => ({
    key,
    arrays: {
      shared: { array: new SharedArray(type, length), loop: makeLoop(`${key} shared`) },
      ordinary: { array: new Ordinary(length), loop: makeLoop(`${key} ordinary`) },
    },
  }));

  await serve(
    tell,
    ({ count }) =>
      Object.fromEntries(pairs.map(({ key, arrays }) => [key, measure(arrays, count)])),
    async () => {
      for (const { arrays } of pairs) arrays.shared.array.close();
    },
  );
}

/** The shortest of some sweeps for each: what the machine does besides only makes them longer. */
function measure({ shared, ordinary }, count) {
  const best = { shared: Number.POSITIVE_INFINITY, ordinary: Number.POSITIVE_INFINITY };
  for (let i = 0; i < count; i++) {
    for (const [name, { array, loop }] of Object.entries({ shared, ordinary })) {
      array.fill(i);
      const start = performance.now();
      loop(array);
      best[name] = Math.min(best[name], performance.now() - start);
    }
  }
  const rate = (seconds) => (shared.array.length / seconds) * 1000;
  return { shared: rate(best.shared), ordinary: rate(best.ordinary) };
}
