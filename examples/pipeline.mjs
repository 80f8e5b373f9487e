// Four processes in a row, joined by three queues: produce, square, sum every three, print.
//
// The queues hold a few items only (`maxsize`), so a fast stage waits for a slow one instead of filling memory. The poison
// pill that the producer puts at the end travels through all stages, and each ends when it has passed it on.
import { isMainProcess, Process, Queue } from 'interproc';

const count = 10;

export async function produce(output) {
  for (let i = 0; i < count; i++) await output.put(i);
  await output.put(null);
}

export async function square(input, output) {
  for (let item = await input.get(); item !== null; item = await input.get()) {
    await output.put(item ** 2);
  }
  await output.put(null);
}

export async function sumOfThree(input, output) {
  let group = [];
  const flush = async () => {
    await output.put({ of: group, sum: group.reduce((sum, item) => sum + item, 0) });
    group = [];
  };
  for (let item = await input.get(); item !== null; item = await input.get()) {
    group.push(item);
    if (group.length === 3) await flush();
  }
  if (group.length > 0) await flush();
  await output.put(null);
}

export async function print(input) {
  for (let item = await input.get(); item !== null; item = await input.get()) {
    console.log(`${item.of.join(' + ')} = ${item.sum}`);
  }
}

if (isMainProcess) {
  const [numbers, squares, sums] = [1, 2, 3].map(() => new Queue({ maxsize: 4 }));
  const stages = [
    new Process({ target: produce, args: [numbers] }),
    new Process({ target: square, args: [numbers, squares] }),
    new Process({ target: sumOfThree, args: [squares, sums] }),
    new Process({ target: print, args: [sums] }),
  ];
  for (const stage of stages) stage.start();
  for (const stage of stages) await stage.join();
  for (const queue of [numbers, squares, sums]) queue.close();
}
