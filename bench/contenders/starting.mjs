// From the start of one of our processes to its first message.
import { Pipe, Process } from 'interproc';
import { sayHello } from './hello-ours.mjs';
import { serveStarts } from './work.mjs';

const module = new URL('hello-ours.mjs', import.meta.url);

export function starts(_data, tell) {
  return serveStarts(tell, async () => {
    const [here, there] = Pipe();
    const options = { target: sayHello, args: [there], module, daemon: true };
    const child = new Process(options).start();
    await here.recv();
    return async () => {
      await child.join();
      here.close();
    };
  });
}
