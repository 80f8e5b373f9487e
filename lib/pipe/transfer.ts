/**
 * Objects that belong to one process at a time change hands when a message that carries them is sent. The hand-over begins before
 * the message can be seen, because its receiver may claim the object at once; it is undone where the message could not be sent.
 */
export const transfer = Symbol('interproc.transfer');

export interface Transfer {
  begin(): void;
  undo(): void;
  finish(): void;
}

interface Transferable {
  readonly [transfer]: Transfer;
}

function transfersOf(objects: readonly object[]): Transfer[] {
  const found: Transfer[] = [];
  for (const object of objects) {
    if (transfer in object) found.push((object as Transferable)[transfer]);
  }
  return found;
}

/** Runs `send`, handing over what the message carries where `succeeded` says that it went. */
export function handOver<T>(
  objects: readonly object[] | undefined,
  send: () => T,
  succeeded: (result: T) => boolean,
): T {
  if (objects === undefined) return send();
  const transfers = transfersOf(objects);
  const begun: Transfer[] = [];
  let sent = false;
  try {
    for (const one of transfers) {
      one.begin();
      begun.push(one);
    }
    const result = send();
    sent = succeeded(result);
    return result;
  } finally {
    for (const one of begun) {
      if (sent) one.finish();
      else one.undo();
    }
  }
}
