import { builtin } from '../builtin.js';
import { SerializationError } from '../errors.js';
import {
  type Codec,
  isStaying,
  refuseStaying,
  type Scratch,
  type SharedLike,
  sharedHooks,
} from './codec.js';
import { binaryTypes } from './format.js';
import { HookFailure, Malformed } from './malformed.js';
import { copyBytes, storeBytes } from './store.js';
import { substitute } from './substitute.js';
import { findPart, pathTo } from './walk.js';

const bufferCode = 0xff;
const handleCode = 0xfe;

/** V8's own structured clone. Only Node.js reads it, and only of a version that is not older. */
export const v8Codec: Codec = {
  id: 2,
  name: 'v8',
  encode(value: unknown, scratch: Scratch): void {
    try {
      const stand = standInsFor(value);
      const serializer = new (nativeClasses().HandleSerializer)();
      serializer.standIns = stand.objects;
      serializer.writeHeader();
      serializer.writeValue(stand.value);
      storeBytes(scratch, serializer.releaseBuffer(), [...stand.objects.values()]);
    } catch (error) {
      throw failure(value, error);
    }
  },
  decode(bytes: Buffer, start: number, end: number): unknown {
    try {
      const deserializer = new (nativeClasses().HandleDeserializer)(bytes.subarray(start, end));
      deserializer.readHeader();
      return deserializer.readValue();
    } catch (error) {
      if (error instanceof HookFailure) throw error.cause;
      throw new SerializationError('The bytes are no message of V8', { cause: error });
    }
  },
};

/** V8 would take shared objects for plain ones; empty views stand for them, because it asks us to write views. */
function standInsFor(value: unknown): { value: unknown; objects: Map<object, SharedLike> } {
  const hooks = sharedHooks();
  const objects = new Map<object, SharedLike>();
  const isSpecial = (part: unknown) =>
    typeof part === 'object' && part !== null && (hooks.isShared(part) || isStaying(part));
  if (findPart(value, isSpecial) === undefined) return { value, objects };
  const replaced = substitute(value, (part) => {
    refuseStaying(part);
    if (!hooks.isShared(part)) return undefined;
    const standIn = new DataView(new ArrayBuffer(0));
    objects.set(standIn, part as SharedLike);
    return standIn;
  });
  return { value: replaced, objects };
}

function failure(value: unknown, error: unknown): SerializationError {
  let path = '$';
  try {
    const culprit = findPart(
      value,
      (part) =>
        typeof part === 'function' ||
        typeof part === 'symbol' ||
        part instanceof Promise ||
        isStaying(part),
    );
    path = pathTo(culprit?.place);
  } catch {
    // A getter threw, which is the error that is being reported.
  }
  const reason = error instanceof Error ? error.message : 'an error was thrown';
  return new SerializationError(`The value cannot be serialized at ${path}: ${reason}`, {
    path,
    cause: error,
  });
}

/** The methods that V8's serializer calls and offers are there, but not in the types. */
interface ViewsAsHostObjects {
  _setTreatArrayBufferViewsAsHostObjects(on: boolean): void;
}

type BinaryConstructor = new (buffer: ArrayBufferLike) => object;

let classes: ReturnType<typeof makeClasses> | undefined;

/** The classes that extend V8's, made with the first value, since few programs load `node:v8`. */
function nativeClasses(): ReturnType<typeof makeClasses> {
  classes ??= makeClasses();
  return classes;
}

function makeClasses() {
  const { Serializer, Deserializer } = builtin.v8;

  class HandleSerializer extends Serializer {
    standIns: ReadonlyMap<object, SharedLike> = new Map();

    constructor() {
      super();
      (this as unknown as ViewsAsHostObjects)._setTreatArrayBufferViewsAsHostObjects(true);
    }

    _writeHostObject(view: ArrayBufferView): void {
      const shared = this.standIns.get(view);
      if (shared !== undefined) {
        this.writeBytes(handleCode, Buffer.from(JSON.stringify(sharedHooks().toHandle(shared))));
        return;
      }
      if (!ArrayBuffer.isView(view)) throw new Malformed('An object of the host cannot be cloned');
      const type = Object.prototype.toString.call(view).slice(8, -1);
      const code = Buffer.isBuffer(view) ? bufferCode : binaryTypes.indexOf(type);
      if (code < 0) throw new Malformed(`A value of type ${type} cannot be cloned`);
      this.writeBytes(code, new Uint8Array(view.buffer, view.byteOffset, view.byteLength));
    }

    private writeBytes(code: number, bytes: Uint8Array): void {
      this.writeUint32(code);
      this.writeUint32(bytes.length);
      this.writeRawBytes(bytes);
    }

    _getSharedArrayBufferId(): never {
      throw new Malformed('A SharedArrayBuffer cannot be cloned');
    }
  }

  class HandleDeserializer extends Deserializer {
    _readHostObject(): object {
      const code = this.readUint32();
      const bytes = this.readRawBytes(this.readUint32());
      if (code === bufferCode) return copyBytes(bytes, 0, bytes.length);
      if (code === handleCode) return attach(JSON.parse(bytes.toString()));
      const { buffer } = Uint8Array.prototype.slice.call(bytes);
      const Class = (globalThis as unknown as Record<string, BinaryConstructor | undefined>)[
        binaryTypes[code] || 'none'
      ];
      if (Class === undefined || Class.name === 'ArrayBuffer') throw new Malformed('unknown type');
      return new Class(buffer);
    }
  }

  return { HandleSerializer, HandleDeserializer };
}

function attach(handle: unknown): object {
  if (typeof handle !== 'object' || handle === null) throw new Malformed('a handle is no object');
  try {
    return sharedHooks().fromHandle(handle);
  } catch (cause) {
    throw new HookFailure('attaching failed', { cause });
  }
}
