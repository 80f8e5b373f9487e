// A contender's side of a contest: does a round whenever it is told to, and tells what came out.
import { readLines } from './lines.mjs';

/** Answers each message with what `round(message)` gives. Ends, after `close()`, when the input does. */
export async function serve(tell, round, close = async () => {}) {
  let chain = Promise.resolve();
  tell('ready');
  process.stdin.removeAllListeners('end');
  await new Promise((resolve) => {
    readLines(process.stdin, (message) => {
      chain = chain
        .then(() => round(message))
        .then(tell, (error) => {
          console.error(error);
          // Without the stack: it goes into the results, and names folders of this machine.
          tell({ failed: String(error.message ?? error) });
        });
    });
    process.stdin.on('end', () => {
      chain = chain
        .then(close)
        .catch((error) => console.error(error))
        .finally(resolve);
    });
  });
}
