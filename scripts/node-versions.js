/**
 * `node scripts/node-versions.js`: fetches the other versions of Node.js that this project runs on, for the tests that compare them.
 * They come from packages whose `bin/node` is the real executable, so a package registry is all it takes.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The newest of each supported major on the day it was pinned; the floor itself runs everything else. */
export const nodeVersions = /** @type {const} */ ({ 22: '22.23.3', 24: '24.21.0', 26: '26.10.0' });

/**
 * @param {keyof typeof nodeVersions} major
 * @returns {string} where the executable is once it was fetched
 */
export function nodeExecutable(major) {
  return join(folderOf(major), 'node_modules/.bin/node');
}

/** @param {keyof typeof nodeVersions} major */
function folderOf(major) {
  return fileURLToPath(new URL(`../.cache/node/${major}`, import.meta.url));
}

/**
 * Nothing happens where that very version is there already.
 *
 * @param {keyof typeof nodeVersions} major
 */
function fetchNode(major) {
  const version = nodeVersions[major];
  if (existsSync(nodeExecutable(major)) && runs(major) === `v${version}`) return;
  mkdirSync(folderOf(major), { recursive: true });
  writeFileSync(join(folderOf(major), 'package.json'), '{ "private": true }\n');
  const specifier = `node-${process.platform}-${process.arch}@${version}`;
  execFileSync('npm', ['install', '--no-save', '--no-audit', '--no-fund', '--loglevel=error', specifier], {
    cwd: folderOf(major),
    stdio: 'inherit',
  });
}

/** @param {keyof typeof nodeVersions} major */
function runs(major) {
  return execFileSync(nodeExecutable(major), ['--version'], { encoding: 'utf8' }).trim();
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const major of /** @type {const} */ ([22, 24, 26])) {
    fetchNode(major);
    console.log(`Node.js ${runs(major)}`);
  }
}
