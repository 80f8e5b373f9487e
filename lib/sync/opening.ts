import { Attachment, type Check, type Described, Opened, openOrCreate } from '../attachment.js';
import { LayoutMismatchError } from '../errors.js';
import { checkName } from '../options.js';
import { readCreation } from '../queue/options.js';
import { refuseMismatch } from '../shared-object.js';

/** How the objects of one class are told from others, and attached to. */
export interface Sort {
  readonly kind: number;
  /** What it is called in messages, with its article. */
  readonly what: string;
  readonly attach: (name: string) => number;
  /** Whether a segment of the kind is one of the class: several classes may share a kind. */
  readonly fits?: (found: Described) => boolean;
}

/** Attaches to what the name leads to; what is no object of the class is refused, and nothing stays attached. */
export function openSort(name: string, { kind, what, attach, fits }: Sort, check?: Check): Opened {
  const attachment = Attachment.open(checkName(name), attach, kind, (found) => {
    if (fits !== undefined && !fits(found))
      throw new LayoutMismatchError(`'${name}' is not ${what}; open it with its own class`);
    check?.(found);
  });
  return new Opened(attachment);
}

/** Attaches or creates. `kept` gives what an existing object has, of the options that were given. */
export function openOrCreateSort(
  name: string,
  given: Readonly<Record<string, unknown>>,
  sort: Sort,
  kept: (found: Described) => Readonly<Record<string, unknown>>,
  create: () => Opened,
): Opened {
  checkName(name);
  readCreation(given);
  const { name: _, ...rest } = given;
  const check: Check = (found) => {
    const { persist, mode } = found;
    refuseMismatch(name, rest, { persist, mode, ...kept(found) });
  };
  return openOrCreate(() => openSort(name, sort, check), create);
}
