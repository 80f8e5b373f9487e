// Another program that wants the processor, all the time.
import { launchExport } from './launch.mjs';

/** Runs `work` while another process keeps one processor busy. */
export async function besideHog(work) {
  const hog = launchExport(import.meta.url, 'burn', {});
  await hog.next();
  try {
    return await work();
  } finally {
    await hog.kill();
  }
}

export async function burn(_data, tell) {
  tell('burning');
  // Looks up now and then, so that it sees its input end.
  for (;;) {
    const until = performance.now() + 100;
    while (performance.now() < until);
    await new Promise(setImmediate);
  }
}
