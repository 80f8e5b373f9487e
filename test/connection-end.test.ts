import { describe, expect, it } from 'vitest';
import {
  attach,
  BrokenPipeError,
  type Connection,
  EOFError,
  InterprocError,
  Pipe,
} from '../dist/index.js';
import { rejects, throws } from './helpers/failures.js';
import { own, ownBoth } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { duration } from './helpers/time.js';

/** The contract says 100 ms; what is more is for a machine that does other things as well. */
const soon = 2_000;

describe('when the other end is closed', () => {
  it('a receive gives all that was sent, then fails with EOFError, again and again', async () => {
    const [a, b] = ownBoth(Pipe<number>());
    for (const n of [1, 2, 3]) a.sendSync(n);
    a.close();
    expect([await b.recv(), b.recvSync(), b.recvBytesSync()]).toEqual([1, 2, Buffer.from([3])]);
    for (let time = 0; time < 3; time++) {
      await rejects(b.recv(), EOFError, 'ERR_EOF');
      throws(() => b.recvSync(), EOFError, 'ERR_EOF');
      throws(() => b.recvSync({ timeout: 0 }), EOFError, 'ERR_EOF');
      await rejects(b.recvBytes(), EOFError, 'ERR_EOF');
      await rejects(b.recvBytesInto(Buffer.alloc(1)), EOFError, 'ERR_EOF');
    }
  });

  it('a waiting receive fails at once', async () => {
    const [a, b] = ownBoth(Pipe<number>());
    const waiting = [b.recv(), b.recv(), b.recvBytes()];
    a.close();
    for (const one of waiting) await rejects(one, EOFError, 'ERR_EOF');
  });

  it('a send fails with EPIPE, whether it had to wait or not', async () => {
    const [a, b] = ownBoth(Pipe<Buffer>({ codec: 'raw', capacity: 4096 }));
    const message = Buffer.alloc(900);
    for (let n = 0; n < 4; n++) a.sendSync(message);
    const waiting = [a.send(message), a.sendBytes(message)];
    b.close();
    for (const one of waiting) {
      const error = await rejects(one, BrokenPipeError, 'EPIPE');
      expect(error).toMatchObject({ errno: -32, syscall: 'send' });
    }
    await rejects(a.send(message), BrokenPipeError, 'EPIPE');
    throws(() => a.sendSync(message), BrokenPipeError, 'EPIPE');
    throws(() => a.sendBytesSync(message), BrokenPipeError, 'EPIPE');
  });

  it('for await ends', async () => {
    const [a, b] = ownBoth(Pipe<number>());
    a.sendSync(1);
    a.sendSync(2);
    a.close();
    const seen: number[] = [];
    for await (const n of b) seen.push(n);
    expect(seen).toEqual([1, 2]);
  });

  it('for await that was left early has lost nothing', async () => {
    const [a, b] = ownBoth(Pipe<number>());
    for (const n of [1, 2, 3]) a.sendSync(n);
    for await (const n of b) {
      expect(n).toBe(1);
      break;
    }
    expect([b.recvSync(), b.recvSync()]).toEqual([2, 3]);
  });
});

describe('when the process at the other end ends', () => {
  for (const [how, action] of [
    ['is killed', 'SIGKILL'],
    ['calls process.exit', 'exit'],
    ['comes to the end of its script', 'return'],
    ['dies of an uncaught error', 'throw'],
  ] as const) {
    it(`what it had sent is there, and then the end of file, if it ${how}`, async () => {
      const [here, there] = ownBoth(Pipe<unknown>());
      const items = [1, 'two', { three: 3 }];
      new Peer('connection', 'sendAndDie', { handle: there.handOver(), items, how: action });
      for (const item of items) expect(await here.recv()).toEqual(item);
      await rejects(here.recv(), EOFError, 'ERR_EOF');
      throws(() => here.recvSync(), EOFError, 'ERR_EOF');
      await rejects(here.send('nobody'), BrokenPipeError, 'EPIPE');
    });
  }

  it('a waiting receive hears of a SIGKILL without any traffic', async () => {
    const [here, there] = ownBoth(Pipe<unknown>());
    const peer = new Peer('connection', 'hold', { handle: there.handOver() });
    await peer.event('ready');
    const message = here.recv();
    peer.kill();
    const took = await duration(() => rejects(message, EOFError, 'ERR_EOF'));
    expect(took).toBeLessThan(soon);
  });

  it('a blocked receive hears of a SIGKILL without any traffic', async () => {
    const [left, right] = ownBoth(Pipe<unknown>());
    const victim = new Peer('connection', 'hold', { handle: left.handOver() });
    await victim.event('ready');
    const waiter = new Peer('connection', 'recv', { handle: right.handOver(), sync: true });
    await waiter.event('waiting');
    victim.kill();
    await victim.ended;
    const took = await duration(async () => {
      const { error } = await waiter.event('got');
      expect(error).toEqual({ class: 'EOFError', code: 'ERR_EOF' });
    });
    expect(took).toBeLessThan(soon);
  });

  for (const sync of [true, false]) {
    it(`a ${sync ? 'blocked' : 'waiting'} send hears of a SIGKILL`, async () => {
      const [left, right] = ownBoth(Pipe<unknown>({ capacity: 4096 }));
      const victim = new Peer('connection', 'hold', { handle: left.handOver() });
      await victim.event('ready');
      const sender = new Peer('connection', 'fill', { handle: right.handOver(), sync, size: 500 });
      await sender.event('full');
      victim.kill();
      await victim.ended;
      const took = await duration(async () => {
        const { error } = await sender.event('sent');
        expect(error).toEqual({ class: 'BrokenPipeError', code: 'EPIPE' });
      });
      expect(took).toBeLessThan(soon);
    });
  }

  it('a stopped process is no dead one', async () => {
    const [here, there] = ownBoth(Pipe<unknown>());
    const peer = new Peer('connection', 'echo', { handle: there.handOver() });
    await peer.event('ready');
    peer.kill('SIGSTOP');
    await here.send('sleep well');
    await rejects(here.recv({ timeout: 400 }), InterprocError, 'ERR_TIMEOUT');
    peer.kill('SIGCONT');
    expect(await here.recv()).toBe('sleep well');
  });
});

describe('an end that is handed over', () => {
  it('is closed here and belongs to whoever attaches first', async () => {
    const [a, b] = ownBoth(Pipe<string>());
    const handle = b.handOver();
    expect(handle).toEqual({ interproc: 1, kind: 'connection', name: a.name, end: 1 });
    expect(b.closed).toBe(true);
    a.sendSync('kept for the next owner');
    const peer = new Peer('connection', 'echo', { handle });
    await peer.event('ready');
    expect(await a.recv()).toBe('kept for the next owner');
    throws(() => attach(handle), InterprocError, 'ERR_END_TAKEN');
  });

  it('belongs to one process at a time', () => {
    const [a, b] = ownBoth(Pipe<string>());
    const again = own(attach(b.handle) as Connection<string>);
    a.sendSync('same thread');
    expect(again.recvSync()).toBe('same thread');
    const closed = b.handle;
    b.close();
    throws(() => attach(closed), InterprocError, 'ERR_CLOSED');
  });

  it('can go on from hand to hand with what is in it', async () => {
    const [a, b] = ownBoth(Pipe<string>());
    a.sendSync('one');
    a.sendSync('two');
    const second = own(attach(b.handOver()) as Connection<string>);
    expect(second.recvSync()).toBe('one');
    const peer = new Peer('connection', 'recv', { handle: second.handOver(), sync: true });
    expect((await peer.event('got'))['value']).toBe('two');
    await peer.ended;
    await rejects(a.recv(), EOFError, 'ERR_EOF');
  });
});
