// One array and one counter that two processes see at once: nothing is sent, nothing is copied.
//
// A SharedArray is a typed array, so everything that works on those works on it. `counter.add` is one atomic step; the
// other increments in counters.mjs show why that matters.
import { c_int, isMainProcess, Process, SharedArray, Value } from 'interproc';

export function doubleAll(numbers, counter) {
  for (let i = 0; i < numbers.length; i++) numbers[i] *= 2;
  counter.add(10);
}

if (isMainProcess) {
  const numbers = new SharedArray(c_int, [1, 2, 3, 4, 5]);
  const counter = new Value(c_int, 0);
  const show = (when) => console.log(`${when}: [${numbers.join(', ')}], counter ${counter.value}`);

  show('before');
  const child = new Process({ target: doubleAll, args: [numbers, counter] }).start();
  await child.join();
  show('after');

  numbers.close();
  counter.close();
}
