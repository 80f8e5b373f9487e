import { AuthenticationError, TimeoutError } from '../errors.js';
import { after } from '../select/timer.js';
import { authenticate, handshakeLimit, type Role } from './authentication.js';
import { type SocketChannel, usualReadAhead } from './channel.js';

export interface HandshakePlan {
  readonly key: Buffer | undefined;
  readonly role: Role;
  /** Milliseconds. */
  readonly timeout: number;
  /** For the messages that come after it, in bytes. */
  readonly maxBytes: number;
}

/** The limit of a channel before its handshake. */
export function firstLimit({ key, maxBytes }: HandshakePlan): number {
  return key === undefined ? maxBytes : handshakeLimit;
}

/**
 * Makes a channel ready for messages: with a key, when both sides have proved that they know it. Where that fails, by whatever
 * cause, the channel is closed.
 * @throws AuthenticationError, with what went wrong as its cause
 */
export async function shakeHands(channel: SocketChannel, plan: HandshakePlan): Promise<void> {
  if (plan.key !== undefined) {
    let late: TimeoutError | undefined;
    const cancel = after(
      plan.timeout,
      () => {
        late = new TimeoutError(`The handshake took longer than ${plan.timeout} ms`);
        channel.close();
      },
      plan.role === 'client',
    );
    try {
      await authenticate(channel, plan.key, plan.role);
    } catch (error) {
      channel.close();
      if (error instanceof AuthenticationError) throw error;
      const cause = late ?? error;
      const reason = cause instanceof Error ? cause.message : String(cause);
      throw new AuthenticationError(`The handshake failed. ${reason}`, { cause });
    } finally {
      cancel();
    }
  }
  channel.limit = plan.maxBytes;
  channel.readAhead = usualReadAhead;
}
