import { SerializationError } from '../errors.js';
import { type Codec, refuseStaying, type Scratch, type SharedLike, sharedHooks } from './codec.js';
import { maxDepth } from './format.js';
import { hasOtherProperties } from './other-properties.js';
import { indexSegment, pathOf, propertySegment, Unencodable } from './path.js';
import { storeText } from './store.js';

/** JSON, strictly: what JSON would drop or change is an error. Shared objects travel as their plain handles. */
export const jsonCodec: Codec = {
  id: 3,
  name: 'json',
  encode(value: unknown, scratch: Scratch): void {
    const checked = new Checker();
    storeText(scratch, checked.toJson(value), checked.objects);
  },
  decode(bytes: Buffer, start: number, end: number): unknown {
    try {
      return JSON.parse(bytes.toString('utf8', start, end));
    } catch (cause) {
      throw new SerializationError('The bytes are no JSON', { cause });
    }
  },
};

/** Copies a value into objects without prototypes, so that neither `toJSON` nor a getter runs again. */
class Checker {
  readonly objects: SharedLike[] = [];
  private readonly open = new Set<object>();
  private readonly trail: string[] = [];

  toJson(value: unknown): string {
    try {
      return JSON.stringify(this.copy(value));
    } catch (error) {
      const path = pathOf(this.trail);
      if (error instanceof Unencodable) {
        throw new SerializationError(`${error.message} is not kept by JSON, at ${path}`, { path });
      }
      throw new SerializationError(`Reading the value failed at ${path}`, { path, cause: error });
    }
  }

  private copy(value: unknown): unknown {
    switch (typeof value) {
      case 'string':
      case 'boolean':
        return value;
      case 'number':
        if (!Number.isFinite(value) || Object.is(value, -0)) {
          throw new Unencodable(`Number ${Object.is(value, -0) ? '-0' : value}`);
        }
        return value;
      case 'object':
        return value === null ? null : this.copyObject(value);
      default:
        throw new Unencodable(`A value of type ${typeof value}`);
    }
  }

  private copyObject(value: object): unknown {
    const hooks = sharedHooks();
    if (hooks.isShared(value)) {
      if (!this.objects.includes(value as SharedLike)) this.objects.push(value as SharedLike);
      return hooks.toHandle(value);
    }
    refuseStaying(value);
    if (this.open.has(value)) throw new Unencodable('A cycle');
    if (this.open.size >= maxDepth) throw new Unencodable('A value nested this deeply');
    this.open.add(value);
    const copy = Array.isArray(value) ? this.copyArray(value) : this.copyProperties(value);
    this.open.delete(value);
    return copy;
  }

  private copyArray(value: readonly unknown[]): unknown[] {
    if (hasOtherProperties(value)) throw new Unencodable('An array with other properties');
    const copy: unknown[] = [];
    for (let i = 0; i < value.length; i++) {
      copy.push(this.part(value, i, indexSegment(i)));
    }
    // An array's own `toJSON` would have been found above; one of a subclass is not asked.
    return copy;
  }

  private copyProperties(value: object): object {
    const tag = Object.prototype.toString.call(value);
    if (tag !== '[object Object]') throw new Unencodable(`An object of class ${tag.slice(8, -1)}`);
    const copy: Record<string, unknown> = Object.create(null);
    for (const key of Object.keys(value)) copy[key] = this.part(value, key, propertySegment(key));
    return copy;
  }

  private part(value: object, key: string | number, segment: string): unknown {
    try {
      return this.copy((value as Record<string | number, unknown>)[key]);
    } catch (error) {
      this.trail.push(segment);
      throw error;
    }
  }
}
