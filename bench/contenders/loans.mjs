// A large message there and its receipt back, by size: lent, lent and filled, copied. The receiver looks at the first and
// the last byte, and gives a loan back before it answers.
import { Pipe } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { startPartner } from './ours.mjs';
import { timeTrips } from './work.mjs';

const send = {
  async lent(here, size) {
    await here.send(await here.alloc(size));
  },
  async filled(here, size) {
    const loan = await here.alloc(size);
    loan.buffer.fill(1);
    await here.send(loan);
  },
  async copied(here, size, bytes) {
    await here.sendBytes(bytes.subarray(0, size));
  },
};

export async function handOver({ form }, tell) {
  const [here, connection] = Pipe();
  const partner = await startPartner(import.meta.url, 'receiver', { connection, form });
  // One for all sizes, made when the first is asked for.
  let bytes = Buffer.alloc(0);
  await serve(
    tell,
    (request) => {
      const largest = Math.max(...Object.values(request.parts).map(({ size }) => size));
      if (form === 'copied' && bytes.length < largest) bytes = Buffer.alloc(largest, 1);
      return timeTrips(request, ({ size }) => async () => {
        await send[form](here, size, bytes);
        const received = await here.recv();
        if (received !== size) throw new Error(`${received} of ${size} bytes arrived`);
      });
    },
    async () => {
      here.close();
      await partner.end();
    },
  );
}

export async function receiver({ connection, form }) {
  let into = Buffer.alloc(0);
  try {
    for (;;) {
      if (form === 'copied') {
        await connection.poll(Infinity);
        if (into.length === 0) into = Buffer.alloc(64 << 20);
        const length = await connection.recvBytesInto(into);
        await connection.send(look(into, length));
      } else {
        const loan = await connection.recvLoan();
        const length = look(loan.buffer, loan.size);
        loan.release();
        await connection.send(length);
      }
    }
  } catch (error) {
    if (error.code !== 'ERR_EOF') throw error;
  }
}

function look(bytes, length) {
  return bytes[0] + bytes[length - 1] >= 0 ? length : -1;
}
