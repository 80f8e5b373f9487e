// Has the queues, puts tasks in, and waits for the results.
import { readFileSync } from 'node:fs';
import { Jobs, settings } from './jobs.mjs';

const { host, authkey, folder } = settings;
const read = (name) => readFileSync(`${folder}/${name}`);

const manager = new Jobs({
  address: { host, port: 0 },
  authkey,
  tls: { key: read('key.pem'), cert: read('cert.pem') },
  module: new URL('jobs.mjs', import.meta.url),
});
await manager.start();

const board = await manager.board();
const [tasks, results] = await Promise.all([manager.Queue(), manager.Queue()]);
await board.set('tasks', tasks);
await board.set('results', results);
console.log(manager.address.port);

for (const n of [1, 2, 3]) await tasks.put({ n, text: 'x'.repeat(n) });
// No more come: the worker's loop ends when it has taken these.
await tasks.shutdown();
for await (const { n, length } of results) console.log(`task ${n} has the length ${length}`);
await manager.shutdown();
