// Our managers: a dictionary in a server process, over each transport.
import { SyncManager } from 'interproc';
import { serve } from '../harness/serve.mjs';
import { timeCalls } from './calls.mjs';

const options = {
  memory: {},
  unix: { sharedMemory: false },
  tcp: { address: { host: '127.0.0.1', port: 0 }, authkey: 'of this benchmark' },
};

export async function calls({ form }, tell) {
  const manager = await new SyncManager(options[form]).start();
  const dict = await manager.dict({ k: 1 });
  await serve(
    tell,
    (request) =>
      timeCalls(request, {
        one: () => dict.get('k'),
        many: (count) =>
          manager.batch(() => Promise.all(Array.from({ length: count }, () => dict.get('k')))),
      }),
    () => manager.shutdown(),
  );
}
