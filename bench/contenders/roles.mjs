// What the other side of a port does.
import { item } from './items.mjs';

const drainEvery = 1_000;

export const roles = {
  echo(port) {
    port.onMessage((message) => port.send(message));
  },

  /** Says how many bytes each message has. */
  receipt(port) {
    port.onMessage((message) => port.send(message.byteLength));
  },

  /** Counts messages until `null`, then says how many there were. An array is as many as are in it. */
  count(port) {
    tally(port, (message) => (Array.isArray(message) ? message.length : 1));
  },

  /** Sends as many items as it is told to, and then `null`. */
  source(port) {
    port.onMessage(async (count) => {
      for (let i = 0; i < count; i++) {
        if (i % drainEvery === drainEvery - 1) await port.drained(item(i));
        else port.send(item(i));
      }
      port.send(null);
    });
  },

  /** Counts bytes until `null`, then says how many there were. */
  sum(port) {
    tally(port, (message) => message.byteLength);
  },
};

function tally(port, worth) {
  let received = 0;
  port.onMessage((message) => {
    if (message !== null) {
      received += worth(message);
      return;
    }
    port.send(received);
    received = 0;
  });
}
