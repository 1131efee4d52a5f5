import { readFileSync } from 'node:fs';

// Written so that any Node.js with ES modules can load it: it has to get as far as saying that it is too old.

/**
 * Says in one line that this Node.js is too old, and ends the process with status 1.
 *
 * @param {string} [version] `20.19.0`
 */
export function refuseOldNode(version = process.versions.node) {
  const manifest = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
  const floor = manifest.engines.node.replace('>=', '');
  if (isOlder(version, floor)) {
    console.error(`Quinistry needs Node.js ${floor} or newer, and this is ${version}.`);
    process.exit(1);
  }
}

/**
 * @param {string} version
 * @param {string} floor
 * @returns {boolean}
 */
export function isOlder(version, floor) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const [floorMajor = 0, floorMinor = 0] = floor.split('.').map(Number);
  return major < floorMajor || (major === floorMajor && minor < floorMinor);
}
