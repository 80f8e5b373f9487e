// From the start of one of our processes to its first message.
import { Pipe, Process } from 'interproc';
import { serveStarts } from './work.mjs';

export async function sayHello(connection) {
  await connection.send('hello');
}

export function starts(_data, tell) {
  return serveStarts(tell, async () => {
    const [here, there] = Pipe();
    const options = { target: sayHello, args: [there], module: import.meta.url, daemon: true };
    const child = new Process(options).start();
    await here.recv();
    return async () => {
      await child.join();
      here.close();
    };
  });
}
