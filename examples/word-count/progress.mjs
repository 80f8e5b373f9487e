// How far the counters are: numbers in shared memory that any process may look at, at any time.
import { c_bool, c_uint32, c_uint64, Value } from 'interproc';

/** The shared numbers. Whoever has done something adds to them; nobody waits for anybody. */
export function createProgress() {
  return {
    begun: new Value(c_uint64, 0n),
    listed: new Value(c_uint32, 0),
    allListed: new Value(c_bool, false),
    filesDone: new Value(c_uint32, 0),
    bytesDone: new Value(c_uint64, 0n),
  };
}

/** Notes when the first process got to work. The others come too late to change that. */
export function begin(progress) {
  progress.begun.compareExchange(0n, process.hrtime.bigint());
}

/** Seconds since then: the clock is the same in all processes. */
export function secondsSinceBegin(progress) {
  const begun = progress.begun.value;
  return begun === 0n ? 0 : Number(process.hrtime.bigint() - begun) / 1e9;
}

export function closeProgress(progress) {
  for (const value of Object.values(progress)) value.close();
}

const barWidth = 30;

/** Shows the progress until `stop()`: a bar that moves on a terminal, otherwise a line at each quarter. */
export function showProgress(progress, stream) {
  let quarters = 0;

  function look() {
    const total = progress.listed.value;
    const done = progress.filesDone.value;
    const complete = progress.allListed.value;
    const share = total === 0 ? 0 : done / total;
    const text = `${done} of ${total}${complete ? '' : ' or more'} files, ${megabytes(progress.bytesDone.value)}`;
    return { share: complete ? share : Math.min(share, 0.99), text };
  }

  function draw() {
    const { share, text } = look();
    if (stream.isTTY) {
      const filled = Math.round(share * barWidth);
      stream.write(`\r[${'#'.repeat(filled).padEnd(barWidth, '.')}] ${text}\x1b[K`);
    } else if (Math.floor(share * 4) > quarters) {
      quarters = Math.floor(share * 4);
      stream.write(`${text}\n`);
    }
  }

  const timer = setInterval(draw, stream.isTTY ? 60 : 100);
  return {
    stop() {
      clearInterval(timer);
      draw();
      if (stream.isTTY) stream.write('\n');
    },
  };
}

export function megabytes(bytes) {
  return `${(Number(bytes) / 1e6).toFixed(1)} MB`;
}
