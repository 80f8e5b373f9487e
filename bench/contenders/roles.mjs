// What the other side of a port does.
export const roles = {
  echo(port) {
    port.onMessage((message) => port.send(message));
  },

  /** Counts until `null`, then says how many there were: items, or bytes of those that have a length. */
  sink(port) {
    let received = 0;
    port.onMessage((message) => {
      if (message !== null) {
        received += message.byteLength ?? 1;
        return;
      }
      port.send(received);
      received = 0;
    });
  },
};
