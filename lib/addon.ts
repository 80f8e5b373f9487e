import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { getSystemErrorName } from 'node:util';
import type { Binding } from '../binding.js';
import { createNativeError, InterprocError } from './errors.js';

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));

/** Where the addon is found without asking node-gyp-build, whose loading and search take longer than all of the rest here. */
function usualPlace(): string | undefined {
  // Somebody has told node-gyp-build where to look.
  if (process.env['INTERPROC_PREBUILD'] || process.env['PREBUILDS_ONLY']) return undefined;
  const built = path.join(root, 'build/Release/interproc.node');
  if (existsSync(built)) return built;
  const shipped = path.join(root, `prebuilds/linux-${process.arch}/interproc.glibc.node`);
  return existsSync(shipped) && !existsSync('/etc/alpine-release') ? shipped : undefined;
}

function search(): string {
  const require = createRequire(import.meta.url);
  return (require('node-gyp-build') as { resolve: (folder: string) => string }).resolve(root);
}

/**
 * An instance of its own: `require` would give a second copy of this library in the same thread (of a bundler, or a test runner that
 * loads modules anew) the one that the first has, and the addon knows one set of buffers for each.
 */
function loadInstance(file: string): Binding {
  const module = { exports: {} };
  process.dlopen(module, file);
  return module.exports as Binding;
}

function load(): Binding {
  if (process.platform !== 'linux') {
    throw new InterprocError(
      `interproc runs on Linux only so far; this is ${process.platform}. Nothing was loaded.`,
      { code: 'ERR_UNSUPPORTED_PLATFORM' },
    );
  }
  try {
    return loadInstance(usualPlace() ?? search());
  } catch (cause) {
    throw new InterprocError(
      `interproc has no native addon for ${process.platform}-${process.arch} (Node-API ${process.versions.modules}). ` +
        'Build it with a C++ compiler and cmake: npm install --no-save cmake-js@8 node-api-headers@1 ' +
        '&& npm explore interproc -- npm run build:native',
      { code: 'ERR_ADDON_NOT_FOUND', cause },
    );
  }
}

/** The addon, and nothing done with it: who only looks at what is there must not sweep it. */
export const binding: Binding = load();

binding.setErrorFactory((code, message, details) =>
  createNativeError(
    code === 'SYSTEM' ? getSystemErrorName(details.errno ?? -5) : code,
    message,
    details,
  ),
);
