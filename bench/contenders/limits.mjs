// What this machine can do at most, measured by bench/native: a control beside the contenders, without Node.js.
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { limitsProgram } from '../harness/native.mjs';
import { serve } from '../harness/serve.mjs';
import { median } from '../harness/statistics.mjs';

const run = promisify(execFile);

/** A control for a contest. `args` are those of the program, and `key` is the sample that it answers with. */
export function limitOf(name, key, what, ...sizes) {
  return {
    name,
    control: true,
    module: import.meta.url,
    export: 'limit',
    data: { ...limitsProgram(), key, what, sizes },
  };
}

export async function limit({ binary, missing, key, what, sizes }, tell) {
  if (missing) throw Object.assign(new Error(missing), { code: 'ERR_PEER_MISSING' });
  await serve(tell, async ({ limitMs = 100 }) => {
    const { stdout } = await run(binary, [what, limitMs, ...sizes].map(String));
    const sample = JSON.parse(stdout);
    return { [key]: { ...sample, value: sample.value ?? median(sample.times) } };
  });
}
