import { readFileSync } from 'node:fs';

/** A row of the tables of docs/from-python.md that compare names. */
export interface Row {
  readonly line: string;
  /** The names in its first column. */
  readonly python: readonly string[];
  /** Whether a later Python than 3.11 brought them. */
  readonly later: boolean;
  /** The names in its second column; `undefined` where it says that there is nothing. */
  readonly ours: readonly string[] | undefined;
}

const page = readFileSync(new URL('../../docs/from-python.md', import.meta.url), 'utf8');

/** Those tables have one of these two headings; the others are about something else. */
const heading = /^\| Python \| (ours|why) \|/;

export function readRows(): Row[] {
  return page
    .split('\n\n')
    .filter((part) => heading.test(part))
    .flatMap((table) => {
      const compares = heading.exec(table)?.[1] === 'ours';
      return table
        .trim()
        .split('\n')
        .slice(2)
        .map((line) => readRow(line, compares));
    });
}

function readRow(line: string, compares: boolean): Row {
  const [, python = '', second = ''] = line.split(' | ').join('|').split('|');
  const nothing = !compares || second.trim() === '—';
  return {
    line,
    python: names(python),
    later: /\(3\.\d+\)/.test(python),
    ours: nothing ? undefined : names(second),
  };
}

function names(cell: string): string[] {
  return Array.from(cell.matchAll(/`([^`]+)`/g), ([, name = '']) => name);
}

/**
 * A script for `answerOfPython`. Of the names in its argument, `unknown` are those that this Python does not have; `missing` are public
 * names of this Python that are not among them: `__all__` of the package and of its submodules, and the public members of the
 * classes that stand there. A submodule that stands there itself is given as a whole.
 */
export const compareWithPython = `
import importlib, inspect, pkgutil, multiprocessing as mp
from multiprocessing import pool

given = json.loads(sys.argv[1])
# What is a function of the package, or gets its members only in its instances.
made = {name: getattr(mp, name)() for name in ('Queue', 'JoinableQueue', 'SimpleQueue', 'Lock', 'RLock', 'Semaphore',
        'BoundedSemaphore', 'Condition', 'Event')}
made |= {'Barrier': mp.Barrier(1), 'Pool': pool.Pool, 'sharedctypes.Synchronized': mp.Value('i'),
         'sharedctypes.SynchronizedArray': mp.Array('i', 1), 'sharedctypes.SynchronizedString': mp.Array('c', 1),
}

def module(name):
    try:
        return importlib.import_module(name)
    except ImportError:
        return None

def find(name):
    if made.get(name) is not None:
        return made[name]
    owner, _, last = name.rpartition('.')
    if owner:
        found = find(owner)
        if hasattr(found, last):
            return getattr(found, last)
    elif hasattr(mp, name):
        return getattr(mp, name)
    return module('multiprocessing.' + name) or module(name)

def public(thing):
    return [name for name in dir(thing) if not name.startswith('_') and not hasattr(object, name) and not hasattr(BaseException, name)]

def attribute_of_instances(name):
    # self.shm of a ShareableList
    owner, _, last = name.rpartition('.')
    found = find(owner)
    return inspect.isclass(found) and any('self.' + last + ' =' in inspect.getsource(base) for base in found.__mro__[:-1])

unknown = [name for name in given if find(name) is None and not attribute_of_instances(name)]
expected = set(mp.__all__)
for found in pkgutil.iter_modules(mp.__path__):
    if found.name in given:
        continue
    names = getattr(module('multiprocessing.' + found.name), '__all__', ())
    # The package's own functions stand there under the shorter name.
    expected |= {found.name + '.' + name for name in names if not (name in mp.__all__ and getattr(mp, name) is getattr(module('multiprocessing.' + found.name), name))}
classes = {}
for name in given:
    thing = find(name)
    class_ = thing if inspect.isclass(thing) else type(thing) if name in made else None
    if class_ and class_.__module__.startswith('multiprocessing') and not issubclass(class_, BaseException):
        classes.setdefault(class_, name)
for class_, name in classes.items():
    for member in public(find(name)):
        # What a class has in common with its base stands in the rows of one of them.
        related = [other for base, other in classes.items() if issubclass(class_, base) or issubclass(base, class_)]
        if not any(other + '.' + member in given for other in related):
            expected.add(name + '.' + member)
say({'missing': sorted(expected - set(given)), 'unknown': unknown})
`;
