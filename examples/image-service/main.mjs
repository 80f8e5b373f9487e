// A service that draws images and has Python work on them.
//
//   node examples/image-service/main.mjs [--port 8080] [--workers 2] [--depth 8] [--python python3]
import { parseArgs } from 'node:util';
import { Crew } from './crew.mjs';
import { Jobs } from './jobs.mjs';
import { createImageServer } from './server.mjs';

/** What was accepted is answered within this time after SIGTERM. */
const graceMs = 10_000;

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '8080' },
    workers: { type: 'string', default: '2' },
    depth: { type: 'string', default: '8' },
    python: { type: 'string', default: 'python3' },
  },
});

const jobs = new Jobs({ depth: Number(values.depth) });
const crew = new Crew({
  size: Number(values.workers),
  python: values.python,
  args: jobs.ends,
  died: () => jobs.retryTaken(),
});
const server = createImageServer({ jobs, crew });

let ending = false;
// A connection that its client would keep for the next request ends with the answer to this one.
server.on('request', (_request, response) => {
  response.once('close', () => ending && server.closeIdleConnections());
});

async function end() {
  if (ending) return;
  ending = true;
  const closed = new Promise((resolve) => server.close(resolve));
  server.closeIdleConnections();
  await jobs.end(graceMs);
  await crew.end(graceMs);
  // Whoever was sent the last images has them; a client that reads no more is not waited for.
  setTimeout(() => server.closeAllConnections(), graceMs).unref();
  await closed;
  jobs.close();
}

process.on('SIGTERM', end);
process.on('SIGINT', end);
server.listen(Number(values.port), '127.0.0.1', () => {
  console.log(`http://127.0.0.1:${server.address().port}/image`);
});
