import { expect, it } from 'vitest';
import { Peer } from './helpers/peer.js';

it('an event loop whose doorbell cannot be read looks every 50 ms, at once and from then on', async () => {
  const peer = new Peer('deaf', 'fail');
  const gaps = (await peer.event('looked'))['gaps'] as number[];
  expect(gaps[0]).toBeLessThan(180);
  // The kernel’s telling would have made them rare again after ten.
  expect(gaps.filter((gap) => gap > 180).length).toBeLessThan(3);
  await peer.ended;
});
