// A queue on one host, a worker on another, and TLS between them. Two network namespaces stand for the hosts where this machine
// allows that (it takes root and the program `ip`), and otherwise both are this machine.
import { randomBytes } from 'node:crypto';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { makeCertificate } from './certificate.mjs';
import { twoHosts } from './hosts.mjs';

const hosts = twoHosts();
const folder = mkdtempSync(path.join(tmpdir(), 'remote-queue-'));
// Both hosts have to be given the same key; the certificate's own key stays with the server.
const authkey = randomBytes(32).toString('hex');

/** A program on a host. What it says is printed behind its name. */
function run(host, name, settings) {
  const script = fileURLToPath(new URL(`${name}.mjs`, import.meta.url));
  const [command, ...args] = [...host.through, process.execPath, script];
  const env = { ...process.env, JOBS: JSON.stringify({ authkey, folder, ...settings }) };
  const child = spawn(command, args, { env, stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout });
  return { lines, ended: once(child, 'close').then(([code]) => code) };
}

try {
  console.log(`two hosts: ${hosts.kind}`);
  makeCertificate(folder, hosts.one.address);
  const server = run(hosts.one, 'server', { host: hosts.one.address });
  const [port] = await once(server.lines, 'line');
  server.lines.on('line', (line) => console.log(`server: ${line}`));
  const worker = run(hosts.other, 'worker', { host: hosts.one.address, port: Number(port) });
  worker.lines.on('line', (line) => console.log(`worker: ${line}`));
  const codes = await Promise.all([server.ended, worker.ended]);
  console.log(`exit codes ${codes.join(' ')}`);
} finally {
  hosts.remove();
  rmSync(folder, { recursive: true });
}
