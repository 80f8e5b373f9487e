import { Attachment, Opened, openOrCreate } from '../attachment.js';
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
  readonly fits?: (attachment: Attachment) => boolean;
}

/** Attaches to what the name leads to; what is no object of the class is refused, and nothing stays attached. */
export function openSort(name: string, { kind, what, attach, fits }: Sort): Opened {
  const attachment = Attachment.open(checkName(name), attach, kind);
  return attachment.prepare(() => {
    if (fits !== undefined && !fits(attachment))
      throw new LayoutMismatchError(`'${name}' is not ${what}; open it with its own class`);
    return new Opened(attachment);
  });
}

/** Attaches or creates. `kept` gives what an existing object has, of the options that were given. */
export function openOrCreateSort(
  name: string,
  given: Readonly<Record<string, unknown>>,
  sort: Sort,
  kept: (attachment: Attachment) => Readonly<Record<string, unknown>>,
  create: () => Opened,
): Opened {
  checkName(name);
  readCreation(given);
  return openOrCreate(() => {
    const opened = openSort(name, sort);
    const { attachment } = opened;
    return attachment.prepare(() => {
      const { persist, mode } = attachment;
      const { name: _, ...rest } = given;
      refuseMismatch(name, rest, { persist, mode, ...kept(attachment) });
      return opened;
    });
  }, create);
}
