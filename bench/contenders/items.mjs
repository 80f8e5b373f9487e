// The objects that all contenders send.
export const message = { id: 1, v: 2.5, s: 'hello' };

export function item(id) {
  return { id, v: id / 2, s: 'hello' };
}

/** How many items go together where several may. */
export const batch = 100;

/** `count` items by `make`, in arrays of at most `batch`. */
export function* batches(count, make = item) {
  for (let i = 0; i < count; i += batch) {
    // Not Array.from: that takes longer for an item than some contenders do.
    const items = [];
    for (let k = i; k < i + batch && k < count; k++) items.push(make(k));
    yield items;
  }
}
