// A length in four bytes, then the bytes: what a program without a library would write over a socket, and read.

// In the length: these bytes are JSON, the other side's answer.
const json = 0x8000_0000;

/** A port over `socket`. Bytes arrive as bytes, put together whole; `null` as an empty message; a number as a number. */
export function framesOver(socket) {
  const write = (message) => socket.write(frame(message));
  return {
    send: write,
    sendMany: (messages) => socket.write(Buffer.concat(messages.map(frame))),
    drained: (message) => new Promise((resolve) => socket.write(frame(message), resolve)),
    onMessage(listener) {
      readFrames(socket, listener);
    },
  };
}

function frame(message) {
  const isNumber = typeof message === 'number';
  const payload =
    message === null ? Buffer.alloc(0) : isNumber ? Buffer.from(`${message}`) : message;
  const framed = Buffer.allocUnsafe(4 + payload.length);
  framed.writeUInt32LE(isNumber ? (payload.length | json) >>> 0 : payload.length);
  framed.set(payload, 4);
  return framed;
}

function readFrames(socket, listener) {
  const head = Buffer.alloc(4);
  let inHead = 0;
  let isNumber = false;
  let message;
  let filled = 0;

  socket.on('data', (data) => {
    let at = 0;
    while (at < data.length) {
      if (message === undefined) {
        const taken = data.copy(head, inHead, at, at + 4 - inHead);
        at += taken;
        inHead += taken;
        if (inHead < 4) return;
        inHead = 0;
        const word = head.readUInt32LE();
        isNumber = (word & json) !== 0;
        message = Buffer.allocUnsafe((word & ~json) >>> 0);
        filled = 0;
      }
      const taken = data.copy(message, filled, at);
      at += taken;
      filled += taken;
      if (filled === message.length) {
        const whole = message;
        message = undefined;
        listener(whole.length === 0 ? null : isNumber ? Number(String(whole)) : whole);
      }
    }
  });
}
