import { chmodSync, rmSync } from 'node:fs';
import type { Server, Socket } from 'node:net';
import path from 'node:path';
import { builtin } from '../builtin.js';
import { AuthenticationError, ClosedError, type InterprocError } from '../errors.js';
import { isLoopback, type Place, textOf } from './address.js';
import { makeDirectory } from './listener-directory.js';
import { socketError } from './socket-error.js';

export interface ListeningPlan {
  /** Without one: a socket in a new directory that only this user can open. */
  readonly place: Place | undefined;
  readonly backlog: number;
  readonly mode: number;
  /** Without a key, and not asked for by name: what is bound has to be loopback, whatever its name leads to. */
  readonly loopbackOnly: boolean;
  onSocket(socket: Socket): void;
  /** One that came and could not be taken: the listener goes on. */
  onLost(error: InterprocError): void;
}

const open = new Set<Listening>();
let hooked = false;

/** A server's socket and what it leaves in the file system. It keeps the process alive while it is `held`. */
export class Listening {
  /** Resolves when it listens; rejects with the system's error, or where it was closed before. */
  readonly ready: Promise<void>;
  readonly #server: Server;
  readonly #directory: string | undefined;
  #place: Place;
  #closed = false;
  #failure: Error | undefined;

  constructor(plan: ListeningPlan) {
    if (plan.place === undefined) this.#directory = makeDirectory();
    this.#place = plan.place ?? { path: path.join(this.#directory as string, 'socket') };
    this.#server = builtin.net.createServer({ pauseOnConnect: true }, plan.onSocket);
    this.ready = this.#listen(plan);
    // Who does not ask for it learns from accept().
    this.ready.catch(() => undefined);
    this.#server.unref();
    remember(this);
  }

  /** The port is 0 until `ready`, where the system chooses it. */
  get place(): Place {
    return this.#place;
  }

  /** Why it does not listen. */
  get failure(): Error | undefined {
    return this.#failure;
  }

  hold(held: boolean): void {
    if (held) this.#server.ref();
    else this.#server.unref();
  }

  /** Stops listening and removes the socket's file and directory; nothing of a socket that was somebody else's. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    open.delete(this);
    this.#server.close(() => undefined);
    this.#removeDirectory();
  }

  async #listen({ place, backlog, mode, loopbackOnly, onLost }: ListeningPlan): Promise<void> {
    const server = this.#server;
    const target = this.#place;
    await new Promise<void>((resolve, reject) => {
      server
        .once('listening', resolve)
        .once('close', () => reject(new ClosedError('The listener was closed')))
        .on('error', (error) => {
          if (server.listening) onLost(socketError(error, textOf(target)));
          else reject(this.#fail(socketError(error, textOf(target))));
        });
      server.listen({ ...target, backlog, exclusive: true });
      // The path is bound by now. Who may connect is who may write to it.
      if ('path' in target && server.listening && !target.path.startsWith('\0'))
        chmodSync(target.path, mode);
    });
    // The look-up of a host's name may have outlasted the listener.
    if (this.#closed) {
      server.close();
      throw new ClosedError('The listener was closed');
    }
    const bound = server.address();
    if ('path' in target || typeof bound !== 'object' || bound === null) return;
    if (loopbackOnly && !isLoopback(bound.address)) {
      server.close();
      throw this.#fail(
        new AuthenticationError(
          `${target.host} is ${bound.address}, which is no loopback address: give an authkey, or say insecure: true`,
        ),
      );
    }
    this.#place = { host: place === undefined ? bound.address : target.host, port: bound.port };
  }

  #fail(error: Error): Error {
    this.#failure = error;
    this.#removeDirectory();
    return error;
  }

  #removeDirectory(): void {
    if (this.#directory !== undefined) rmSync(this.#directory, { recursive: true, force: true });
  }
}

/** An exit without close() leaves no file behind. */
function remember(listening: Listening): void {
  open.add(listening);
  if (hooked) return;
  hooked = true;
  process.on('exit', () => {
    for (const one of open) one.close();
  });
}
