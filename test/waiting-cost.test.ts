import { describe, expect, it } from 'vitest';
import { Peer } from './helpers/peer.js';

describe('ten pending waits', () => {
  it('use less than one per cent of a processor', async () => {
    const peer = new Peer('waiting', 'cost', { milliseconds: 4000 });
    const { cpu, elapsed, pending } = await peer.event('cost');
    expect(pending).toEqual([
      'get',
      'getMany',
      'put',
      'putMany',
      'recv',
      'recvBytes',
      'poll',
      'send',
      'acquire',
      'second',
    ]);
    expect((cpu as number) / (elapsed as number)).toBeLessThan(0.01);
  });
});
