// A conversation between two processes over a pipe: each message is answered before the next one goes.
//
// An end belongs to one process: handing `childEnd` to the child closes the copy here. Either side would notice the other's
// death: a waiting `recv` then fails with EOFError instead of waiting for ever.
import { isMainProcess, Pipe, Process } from 'interproc';

export async function echo(connection) {
  for (;;) {
    const message = await connection.recv();
    if (message === null) break;
    await connection.send({ echo: message });
  }
  connection.close();
}

if (isMainProcess) {
  const [parentEnd, childEnd] = Pipe();
  const child = new Process({ target: echo, args: [childEnd] }).start();

  for (const message of ['hello', { nested: ['lists', new Date(0)] }, 12345678901234567890n]) {
    await parentEnd.send(message);
    console.log('sent    ', message);
    console.log('received', (await parentEnd.recv()).echo);
  }

  await parentEnd.send(null);
  await child.join();
  console.log(`the child ended with exit code ${child.exitcode}`);
  parentEnd.close();
}
