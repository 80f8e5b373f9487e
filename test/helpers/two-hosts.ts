import { execFileSync } from 'node:child_process';

export interface Host {
  readonly address: string;
  /** What has the command behind it run on this host. */
  readonly through: readonly string[];
}

export interface TwoHosts {
  readonly one: Host;
  readonly other: Host;
  /** Drops all packets between them, without a word to either; or no longer. */
  cut(cut: boolean): void;
  remove(): void;
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: 'pipe' });
}

/** Two network namespaces that a cable joins; `undefined` where this machine does not allow them. Nothing of its network is touched. */
export function twoHosts(): TwoHosts | undefined {
  const names = ['a', 'b'].map((end) => `interproc-${process.pid}-${end}`) as [string, string];
  const addresses = ['10.77.0.1', '10.77.0.2'] as const;
  const remove = () => {
    for (const name of names) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It was not made.
      }
    }
  };
  try {
    for (const name of names) ip('netns', 'add', name);
    const [here, there] = names;
    ip('-n', here, 'link', 'add', 'cable', 'type', 'veth', 'peer', 'name', 'cable', 'netns', there);
    for (const [index, name] of names.entries()) {
      ip('-n', name, 'addr', 'add', `${addresses[index]}/24`, 'dev', 'cable');
      ip('-n', name, 'link', 'set', 'cable', 'up');
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
  } catch {
    remove();
    return undefined;
  }
  const host = (index: 0 | 1): Host => ({
    address: addresses[index],
    through: ['ip', 'netns', 'exec', names[index]],
  });
  return {
    one: host(0),
    other: host(1),
    // A hole in the route: the link stays up, so that neither side is told.
    cut: (cut) => {
      for (const [index, name] of names.entries()) {
        const far = addresses[1 - index] as string;
        ip('-n', name, 'route', cut ? 'add' : 'del', 'blackhole', `${far}/32`);
      }
    },
    remove,
  };
}
