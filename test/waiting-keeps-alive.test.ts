import { describe, expect, it } from 'vitest';
import { Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';
import { isPending } from './helpers/time.js';

describe('a process', () => {
  it('ends although it has handles open, when it waits for nothing', async () => {
    const peer = new Peer('waiting', 'idle');
    await peer.event('idle');
    expect(await peer.ended).toEqual({ code: 0, signal: null });
    expect(peer.errors).toBe('');
  });

  it('ends when its last wait was served, aborted or timed out', async () => {
    const peer = new Peer('waiting', 'served');
    expect((await peer.event('got'))['value']).toBe('late');
    await peer.event('idle');
    expect(await peer.ended).toEqual({ code: 0, signal: null });
  });

  it('lives for as long as it waits, and ends when that is over', async () => {
    const queue = own(new Queue<string>());
    const peer = new Peer('waiting', 'wait', { name: queue.name });
    await peer.event('waiting');
    expect(await isPending(peer.ended, 500)).toBe(true);
    queue.putSync('at last');
    expect((await peer.event('got'))['value']).toBe('at last');
    expect(await peer.ended).toEqual({ code: 0, signal: null });
  });
});
