// How long an import takes, in a process of its own each time: a second import in the same one costs nothing.
import { execFile } from 'node:child_process';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { serve } from '../harness/serve.mjs';
import { latencies } from '../harness/statistics.mjs';
import { peerPath } from './peers.mjs';

const run = promisify(execFile);
const once = fileURLToPath(new URL('import-once.mjs', import.meta.url));

export async function imports({ specifier, peer }, tell) {
  const target = peer ? pathToFileURL(peerPath(peer)).href : specifier;
  await serve(tell, async ({ count }) => {
    const times = [];
    for (let i = 0; i < count; i++) {
      const { stdout } = await run(process.execPath, [once, target]);
      times.push(Number(stdout));
    }
    return { time: latencies(times) };
  });
}
