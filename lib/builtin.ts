/**
 * Modules of Node.js that many programs never come to, loaded where they are first used. Imported, they would be loaded with this
 * library: a fifth of the time that its import takes. Ask for them inside functions only.
 */
export const builtin = {
  get childProcess() {
    return process.getBuiltinModule('node:child_process');
  },
  get crypto() {
    return process.getBuiltinModule('node:crypto');
  },
  get net() {
    return process.getBuiltinModule('node:net');
  },
  get stream() {
    return process.getBuiltinModule('node:stream');
  },
  get tls() {
    return process.getBuiltinModule('node:tls');
  },
  get v8() {
    return process.getBuiltinModule('node:v8');
  },
  get workerThreads() {
    return process.getBuiltinModule('node:worker_threads');
  },
} as const;
