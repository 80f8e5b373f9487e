import { execFileSync } from 'node:child_process';

function ip(...args) {
  execFileSync('ip', args, { stdio: 'pipe' });
}

/** Two network namespaces with a cable between them, or twice this machine: `{ kind, one, other, remove() }`. */
export function twoHosts() {
  const names = [`queue-${process.pid}-a`, `queue-${process.pid}-b`];
  const addresses = ['10.78.0.1', '10.78.0.2'];
  const remove = () => {
    for (const name of names) {
      try {
        ip('netns', 'del', name);
      } catch {
        // It was never made.
      }
    }
  };
  try {
    for (const name of names) ip('netns', 'add', name);
    const [one, other] = names;
    ip(
      ...[
        '-n',
        one,
        'link',
        'add',
        'cable',
        'type',
        'veth',
        'peer',
        'name',
        'cable',
        'netns',
        other,
      ],
    );
    for (const [index, name] of names.entries()) {
      ip('-n', name, 'addr', 'add', `${addresses[index]}/24`, 'dev', 'cable');
      ip('-n', name, 'link', 'set', 'cable', 'up');
      ip('-n', name, 'link', 'set', 'lo', 'up');
    }
  } catch {
    remove();
    const here = { address: '127.0.0.1', through: [] };
    return { kind: 'this machine, twice', one: here, other: here, remove: () => undefined };
  }
  const host = (index) => ({
    address: addresses[index],
    through: ['ip', 'netns', 'exec', names[index]],
  });
  return { kind: 'two network namespaces', one: host(0), other: host(1), remove };
}
