/**
 * Stamps tell whether a step has to run again. A stamp is one hash over what went into the step and what came out of it,
 * so an edited source, another branch, a deleted `dist` and an interrupted run all make it stale.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';

/**
 * Names and contents. Hashing a few hundred small files takes some 10 ms, and unlike modification times
 * their contents survive a branch that was checked out and back.
 *
 * @param {string} root
 * @param {readonly string[]} paths relative to `root`
 * @param {readonly string[]} [facts] what else the result depends on, such as the version of Node.js
 * @returns {string} a hash, in hex
 */
export function hashContents(root, paths, facts = []) {
  const hash = createHash('sha256').update(`${JSON.stringify(facts)}\n`);
  for (const path of [...paths].sort()) {
    const contents = readIfThere(join(root, path));
    hash.update(`${JSON.stringify(path)} ${contents?.length ?? 'missing'}\n`).update(contents ?? '');
  }
  return hash.digest('hex');
}

/**
 * Names, sizes and modification times: enough to see that nobody deleted or rewrote what a step made.
 *
 * @param {string} root
 * @param {readonly string[]} paths relative to `root`; of a directory only its existence counts
 * @returns {string} a hash, in hex
 */
export function hashStats(root, paths) {
  const hash = createHash('sha256');
  for (const path of [...paths].sort()) {
    const stats = statSync(join(root, path), { throwIfNoEntry: false });
    const state =
      stats === undefined ? 'missing' : stats.isDirectory() ? 'directory' : `${stats.size} ${stats.mtimeMs}`;
    hash.update(`${JSON.stringify(path)} ${state}\n`);
  }
  return hash.digest('hex');
}

/**
 * Every file below a directory, or none where there is no such directory.
 *
 * @param {string} root
 * @param {string} directory relative to `root`
 * @param {(path: string) => boolean} [wanted]
 * @returns {string[]} relative to `root`
 */
export function listFiles(root, directory, wanted = () => true) {
  try {
    return readdirSync(join(root, directory), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(root, join(entry.parentPath, entry.name)))
      .filter(wanted);
  } catch (error) {
    if (isMissing(error)) return [];
    throw error;
  }
}

/**
 * @param {string} file
 * @returns {string | undefined}
 */
export function readStamp(file) {
  return readIfThere(file)?.toString();
}

/**
 * Written aside and renamed, so that a stamp is there whole or not at all.
 *
 * @param {string} file
 * @param {string} stamp
 */
export function writeStamp(file, stamp) {
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, stamp);
  renameSync(`${file}.${process.pid}`, file);
}

/** @param {string} file */
export function removeStamp(file) {
  rmSync(file, { force: true });
}

/** @param {string} file */
function readIfThere(file) {
  try {
    return readFileSync(file);
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw error;
  }
}

/** @param {unknown} error */
function isMissing(error) {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
