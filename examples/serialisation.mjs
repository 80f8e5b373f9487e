// What it costs to send a million integers: as a list, in each codec, as bytes, and not at all.
//
// `recvBytes` gives what `send` encoded, and `recv` decodes what `sendBytes` sent: so one pipe, both of whose ends are here,
// shows encoding and decoding apart. Bytes are only copied. A SharedArray is filled once and then read in place by everybody.
import { c_int, isMainProcess, Pipe, SharedArray } from 'interproc';

const numbers = Array.from({ length: 1_000_000 }, (_, i) => i);

function timed(work) {
  const start = performance.now();
  const result = work();
  return [result, performance.now() - start];
}

function print(name, size, there, back) {
  const cells = [
    `${(size / 1e6).toFixed(1)} MB`,
    `${there.toFixed(1)} ms`,
    `${back.toFixed(1)} ms`,
  ];
  console.log(name.padEnd(22) + cells.map((cell) => cell.padStart(12)).join(''));
}

function check(list) {
  if (list.length !== numbers.length || list[999_999] !== 999_999) throw new Error('not the same');
}

function measureCodec(codec) {
  const [here, there] = Pipe({ codec });
  here.sendSync([0]); // The first message loads the codec.
  there.recvSync();
  const [, encoding] = timed(() => here.sendSync(numbers));
  const bytes = there.recvBytesSync();
  there.sendBytesSync(bytes);
  const [list, decoding] = timed(() => here.recvSync());
  check(list);
  print(`list, ${codec}`, bytes.length, encoding, decoding);
  here.close();
  there.close();
}

function measureBytes() {
  const [here, there] = Pipe();
  const packed = Int32Array.from(numbers);
  const [, sending] = timed(() => here.sendBytesSync(packed));
  const [bytes, receiving] = timed(() => there.recvBytesSync());
  check(new Int32Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length)));
  print('bytes of an Int32Array', packed.byteLength, sending, receiving);
  here.close();
  there.close();
}

function measureShared() {
  const [shared, filling] = timed(() => new SharedArray(c_int, numbers));
  const [sum, reading] = timed(() => shared.reduce((total, number) => total + number, 0));
  if (sum !== 499_999_500_000) throw new Error('not the same');
  print('SharedArray', shared.byteLength, filling, reading);
  shared.close();
}

if (isMainProcess) {
  console.log(
    `${'a million integers'.padEnd(22)}${['size', 'write', 'read'].map((h) => h.padStart(12)).join('')}`,
  );
  for (const codec of ['msgpack', 'v8', 'json']) measureCodec(codec);
  measureBytes();
  measureShared();
}
