// Under which conditions the figures were taken: without that they say little.
import os from 'node:os';

export function describeMachine() {
  const cpus = os.cpus();
  return {
    node: process.version,
    v8: process.versions.v8,
    system: `${os.type()} ${os.release()} ${os.arch()}`,
    processor: cpus[0]?.model ?? 'unknown',
    processors: os.availableParallelism(),
    load: os.loadavg()[0],
  };
}

export function machineLine(machine) {
  return `Node.js ${machine.node}, ${machine.system}, ${machine.processors} x ${machine.processor}, load before ${machine.load.toFixed(2)}`;
}
