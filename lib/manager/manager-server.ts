// A server's objects are sent shared objects.
import '../attach.js';
import type { Connection } from '../pipe/connection.js';
import { describeThrown } from '../remote-error.js';
import { identity, setBooting, setIdentity } from '../process/identity.js';
import { findTarget, notExported } from '../process/target.js';
import { builtInClasses, registryOf } from './registry-of.js';
import { ManagerServer } from './server.js';
import type { Report, ServerProcessPlan } from './server-process.js';
import './sync-manager.js';

/** What the process of a manager's server runs: serves until it is shut down, and ends. @internal */
export async function serveManager(
  report: Connection<Report>,
  plan: ServerProcessPlan,
): Promise<void> {
  // It ends with its parent, and is nevertheless no daemon to its objects: a `Pool` has children.
  setIdentity({ ...identity(), daemon: false });
  // As in Python: Ctrl-C in the terminal is for the manager's owner, who shuts the server down.
  process.on('SIGINT', () => undefined);
  let server: ManagerServer;
  try {
    server = await prepare(plan);
    await server.ready;
    await report.send({ address: server.address });
  } catch (error) {
    await report
      .send({ error })
      .catch(() => report.send({ error: describeThrown(error) }))
      .catch(() => undefined);
    process.exitCode = 1;
    return;
  } finally {
    report.close();
  }
  await server.serveForever();
  process.exit();
}

async function prepare(plan: ServerProcessPlan): Promise<ManagerServer> {
  const { address, authkey, insecure, tls, keepAlive, handshakeTimeout, maxBytes } = plan;
  const { initializer, initargs, module, name } = plan;
  const exported = module === null ? {} : await load(module);
  const manager = module === null ? builtInClasses.get(name) : exported[name];
  if (typeof manager !== 'function') {
    throw notExported(
      `${module} exports no class '${name}', which the server of the manager needs. Export it from the top level of that module, or name the module it is in: new ${name}({ module: import.meta.url })`,
    );
  }
  if (initializer !== null) await findTarget(exported, initializer, String(module))(...initargs);
  return new ManagerServer({
    address: address ?? undefined,
    authkey: authkey ?? undefined,
    insecure,
    tls: tls ?? undefined,
    keepAlive: keepAlive ?? undefined,
    handshakeTimeout: handshakeTimeout ?? undefined,
    maxBytes: maxBytes ?? undefined,
    registry: registryOf(manager),
  });
}

async function load(module: string): Promise<Readonly<Record<string, unknown>>> {
  setBooting(true);
  try {
    return (await import(module)) as Readonly<Record<string, unknown>>;
  } finally {
    setBooting(false);
  }
}
