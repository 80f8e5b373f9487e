// Takes tasks from the other host until there are none, and sends results back.
import { readFileSync } from 'node:fs';
import { Jobs, settings } from './jobs.mjs';

const { host, port, authkey, folder } = settings;
const manager = await Jobs.connect(
  { host, port },
  // Nobody but the owner of this certificate is sent anything.
  { authkey, tls: { ca: readFileSync(`${folder}/cert.pem`) } },
);
const board = await manager.board();
const [tasks, results] = await Promise.all([board.get('tasks'), board.get('results')]);

// Ends when the queue was shut down and is empty.
for await (const { n, text } of tasks) {
  console.log(`took task ${n}`);
  await results.put({ n, length: text.length });
}
// And so the server's.
await results.shutdown();
manager.close();
