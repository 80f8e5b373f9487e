// JSON, a line per message, over a stream: what the processes of a benchmark tell each other outside of what is measured.

/** Calls `onMessage` for each line of `stream`. */
export function readLines(stream, onMessage) {
  let rest = '';
  stream.setEncoding('utf8');
  stream.on('data', (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop();
    for (const line of lines) onMessage(JSON.parse(line));
  });
}

/** The messages of `stream` one at a time: `next()` fails when the stream ends first. */
export function mailbox(stream, name) {
  const waiting = [];
  const arrived = [];
  let ended = false;
  readLines(stream, (message) => {
    if (waiting.length > 0) waiting.shift().resolve(message);
    else arrived.push(message);
  });
  stream.on('error', () => {});
  stream.on('close', () => {
    ended = true;
    for (const { reject } of waiting.splice(0))
      reject(new Error(`${name} ended without an answer`));
  });
  return {
    next() {
      if (arrived.length > 0) return Promise.resolve(arrived.shift());
      if (ended) return Promise.reject(new Error(`${name} ended without an answer`));
      return new Promise((resolve, reject) => waiting.push({ resolve, reject }));
    },
  };
}
