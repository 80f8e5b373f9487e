import type { Registration } from './registry.js';

/** Registrations by the manager's class; a class has those of the class above it as well. */
const registries = new WeakMap<object, Map<string, Registration>>();

export function registryOf(manager: object): Map<string, Registration> {
  let registry = registries.get(manager);
  if (registry === undefined) {
    const above: unknown = Object.getPrototypeOf(manager);
    const inherited = typeof above === 'function' && above !== Function.prototype;
    registry = new Map(inherited ? registryOf(above) : []);
    registries.set(manager, registry);
  }
  return registry;
}

/** The managers that this package brings: the server's process finds them without a module. */
export const builtInClasses = new Map<string, object>();
