// A large message there and its receipt back, by size: lent, lent and filled, copied. The receiver looks at the first and
// the last byte, and gives a loan back before it answers.
import { Pipe } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { median } from '../harness/statistics.mjs';
import { startPartner } from './ours.mjs';

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
  await serve(
    tell,
    async ({ sizes, count }) => {
      const samples = {};
      const bytes = Buffer.alloc(
        form === 'copied' ? Math.max(...sizes.map(([, size]) => size)) : 0,
        1,
      );
      for (const [key, size] of sizes) {
        const times = [];
        for (let i = 0; i < count; i++) {
          const start = performance.now();
          await send[form](here, size, bytes);
          const received = await here.recv();
          times.push((performance.now() - start) * 1000);
          if (received !== size) throw new Error(`${received} of ${size} bytes arrived`);
        }
        samples[key] = { value: median(times) };
      }
      return samples;
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
