// Peers from npm. They are not the project's dependencies: `npm run bench:peers` installs them into bench/peers, and a
// benchmark without them goes on and says so.
import { createRequire } from 'node:module';

const require = createRequire(new URL('../peers/package.json', import.meta.url));

/** The package `name`, or ERR_PEER_MISSING, which says how to install it. */
export function peer(name) {
  return found(() => require(name));
}

/** Where the package's main file is, for a process that is to import it. */
export function peerPath(name) {
  return found(() => require.resolve(name));
}

function found(look) {
  try {
    return look();
  } catch (error) {
    throw Object.assign(new Error(`${reason(error)} Install it with: npm run bench:peers`), {
      code: 'ERR_PEER_MISSING',
    });
  }
}

function reason(error) {
  if (error.code === 'MODULE_NOT_FOUND') return 'The package is not there.';
  // Without the folders of this machine.
  return `It does not load: ${error.message.split('\n')[0].replace(/\/\S*\//g, '')}.`;
}
