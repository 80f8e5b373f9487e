import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Queue } from '../dist/index.js';
import { own } from './helpers/owned.js';
import { Peer } from './helpers/peer.js';

const exists = (name: string) => readdirSync('/dev/shm').includes(name);

describe('in /dev/shm', () => {
  it('nothing stays of a process that ended in whatever orderly way', async () => {
    for (const how of ['exit', 'return', 'throw', 'reject']) {
      const peer = new Peer('waiting', 'make', { how });
      const { names } = await peer.event('made');
      expect(names).toHaveLength(5);
      for (const name of names as string[]) expect(exists(name)).toBe(true);
      peer.go();
      await peer.ended;
      for (const name of names as string[]) expect(exists(name)).toBe(false);
    }
  });

  it('what a killed process left goes with the next start of any program', async () => {
    const peer = new Peer('waiting', 'make', { how: 'stay' });
    const names = (await peer.event('made'))['names'] as string[];
    peer.kill();
    await peer.ended;
    const kept = own(new Queue());
    expect(await new Peer('idle', 'none').ended).toEqual({ code: 0, signal: null });
    for (const name of names) expect(exists(name)).toBe(false);
    expect(exists(`interproc.${kept.name}`)).toBe(true);
  });

  it('what a killed process shared stays for the others, and goes with them', async () => {
    const peer = new Peer('waiting', 'make', { how: 'stay' });
    const { queue } = await peer.event('made');
    const ours = own(Queue.open<string>(queue as string));
    peer.kill();
    await peer.ended;
    expect(ours.getManySync(9)).toEqual(['left', 'more']);
    await new Peer('idle', 'none').ended;
    ours.putSync('still works');
    expect(ours.getSync()).toBe('still works');
    ours.close();
    expect(exists(`interproc.${queue as string}`)).toBe(false);
  });
});
