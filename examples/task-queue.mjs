// Tasks to several workers, results back: two queues between one process and four.
//
// Each worker takes whatever task comes next, so a slow task delays nobody else. Results come in the order in which the
// workers finish; the task's number travels with its result. A `null` per worker, the poison pill, says that no more comes.
import { isMainProcess, Process, Queue } from 'interproc';

const workerCount = 4;

export async function square(tasks, results) {
  for (;;) {
    const task = await tasks.get();
    if (task === null) return;
    await results.put({ id: task.id, square: task.value ** 2 });
  }
}

if (isMainProcess) {
  const tasks = new Queue();
  const results = new Queue();
  const workers = Array.from({ length: workerCount }, () =>
    new Process({ target: square, args: [tasks, results] }).start(),
  );

  const values = [1, 2, 3, 4, 5, 6, 7, 8];
  await tasks.putMany(values.map((value, id) => ({ id, value })));
  await tasks.putMany(workers.map(() => null));

  const squares = [];
  for (let missing = values.length; missing > 0; missing--) {
    const { id, square } = await results.get({ timeout: 30_000 });
    squares[id] = square;
  }
  for (const worker of workers) await worker.join();

  for (const [id, value] of values.entries()) console.log(`${value} squared is ${squares[id]}`);
  console.log(`${workers.length} workers, exit codes ${workers.map((w) => w.exitcode).join(' ')}`);
  tasks.close();
  results.close();
}
