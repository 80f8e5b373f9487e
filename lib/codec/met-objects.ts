const scannedLinearly = 12;

/** The objects of a message in the order in which they were met: where one is met again, a pointer to it is written. */
export class MetObjects {
  count = 0;
  private readonly first: unknown[] = new Array(scannedLinearly).fill(undefined);
  private later: Map<object, number> | undefined;

  /** The number of an object that was met before; `-1` where it was not, and it has the next number now. */
  meet(value: object): number {
    const { count, first } = this;
    const scanned = count < scannedLinearly ? count : scannedLinearly;
    for (let i = 0; i < scanned; i++) if (first[i] === value) return i;
    if (count < scannedLinearly) {
      first[count] = value;
    } else {
      this.later ??= new Map();
      const index = this.later.get(value);
      if (index !== undefined) return index;
      this.later.set(value, count);
    }
    this.count = count + 1;
    return -1;
  }

  /** Nothing points from one message to what was in another. */
  forget(): void {
    if (this.count > scannedLinearly) this.later = undefined;
    for (let i = Math.min(this.count, scannedLinearly) - 1; i >= 0; i--) this.first[i] = undefined;
    this.count = 0;
  }
}
