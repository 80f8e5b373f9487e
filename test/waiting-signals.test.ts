import { describe, expect, it } from 'vitest';
import { Peer } from './helpers/peer.js';

describe('a signal listener, while the main thread is blocked in a Sync call,', () => {
  it('is called, and may end the process', async () => {
    const peer = new Peer('signals', 'exit');
    await peer.event('blocking');
    peer.kill('SIGTERM');
    expect(await peer.event('signal')).toMatchObject({ signal: 'SIGTERM', number: 15 });
    expect(await peer.ended).toEqual({ code: 7, signal: null });
  });

  it('may do what the call waits for', async () => {
    const peer = new Peer('signals', 'answer');
    await peer.event('blocking');
    peer.kill('SIGUSR2');
    expect(await peer.event('got')).toMatchObject({ value: 'from the listener' });
    expect(await peer.ended).toEqual({ code: 0, signal: null });
  });

  it('ends the call with what it throws', async () => {
    const peer = new Peer('signals', 'throw');
    await peer.event('blocking');
    peer.kill('SIGINT');
    expect(await peer.event('thrown')).toMatchObject({
      error: { class: 'RangeError' },
      free: true,
    });
    expect(await peer.ended).toEqual({ code: 0, signal: null });
  });

  it('is the event loop’s again when the call has returned, and is called once for each signal', async () => {
    const peer = new Peer('signals', 'later');
    await peer.event('blocking');
    peer.kill('SIGTERM');
    expect(await peer.event('signal')).toMatchObject({ calls: 1 });
    peer.kill('SIGTERM');
    expect(await peer.event('signal')).toMatchObject({ calls: 2 });
    expect(await peer.event('counted')).toMatchObject({ calls: 2 });
  });

  it('is called by the next call that blocks where the signal came between two, and not again by the loop', async () => {
    const peer = new Peer('signals', 'between');
    expect(await peer.event('counted')).toMatchObject({ early: 0, inTheWait: 1, calls: 1 });
  });
});
