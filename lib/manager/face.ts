/**
 * What an object in a server says of how its proxies look: the key of those methods that a proxy has of its own, such as `run` of a
 * lock, which calls a function of the client (client-faces.ts).
 */
export const face = Symbol('interproc.face');

/** The face of an object, where it has one. */
export function faceOf(object: object): string | undefined {
  const found = (object as { readonly [face]?: unknown })[face];
  return typeof found === 'string' ? found : undefined;
}
