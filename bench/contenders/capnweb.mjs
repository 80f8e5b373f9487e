// capnweb over a Connection of ours, at its level "structuredClonable" with our codec below: what managers would be built on.
import { Pipe } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { timeCalls } from './calls.mjs';
import { startPartner } from './ours.mjs';
import { peerPath } from './peers.mjs';

/** Messages of one turn of the event loop go as one, as ours do. */
function transportOver(connection) {
  let leaving = [];
  let arrived = [];
  return {
    encodingLevel: 'structuredClonable',
    send(message) {
      leaving.push(message);
      if (leaving.length > 1) return;
      queueMicrotask(() => {
        connection.send(leaving).catch(() => {});
        leaving = [];
      });
    },
    async receive() {
      if (arrived.length === 0) arrived = (await connection.recv()).reverse();
      return arrived.pop();
    },
    abort() {
      connection.close();
    },
  };
}

export async function calls(_data, tell) {
  const { RpcSession } = await import(peerPath('capnweb'));
  const [here, there] = Pipe();
  const partner = await startPartner(import.meta.url, 'dictionary', { connection: there });
  const dict = new RpcSession(transportOver(here)).getRemoteMain();
  await serve(
    tell,
    (request) =>
      timeCalls(request, {
        one: () => dict.get('k'),
        many: (count) => Promise.all(Array.from({ length: count }, () => dict.get('k'))),
      }),
    async () => {
      here.close();
      await partner.end();
    },
  );
}

export async function dictionary({ connection }) {
  const { RpcSession, RpcTarget } = await import(peerPath('capnweb'));
  class Dictionary extends RpcTarget {
    #map = new Map([['k', 1]]);

    get(key) {
      return this.#map.get(key);
    }
  }
  const session = new RpcSession(transportOver(connection), new Dictionary());
  await new Promise((resolve) => session.getRemoteMain().onRpcBroken(resolve));
}
