/**
 * A lock between processes: a directory that holds one file, named after its owner.
 *
 * The owner touches its file while it works. A file that nobody touched for a while belongs to a process that is gone, and
 * whoever renames it to a name of its own has taken the lock over: of two that try, only one finds the old name.
 */
import { mkdirSync, readdirSync, renameSync, rmdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const DEFAULT_STALE_AFTER_MS = 10_000;
const POLL_MS = 100;

/**
 * Runs `work` while no other process on this machine, and no other call here, runs under the same lock.
 *
 * @template T
 * @param {string} directory the lock; it must not be used for anything else
 * @param {() => Promise<T>} work must leave the event loop free, or the lock looks abandoned
 * @param {{ onWait?: () => void, staleAfterMs?: number }} [options] `onWait` is called once if the lock is taken
 * @returns {Promise<T>}
 */
export async function withDirectoryLock(directory, work, { onWait, staleAfterMs = DEFAULT_STALE_AFTER_MS } = {}) {
  const owner = `${process.pid}-${crypto.randomUUID()}`;
  mkdirSync(dirname(directory), { recursive: true });
  for (let waited = false; !(claimFree(directory, owner) || takeOver(directory, owner, staleAfterMs)); ) {
    if (!waited) onWait?.();
    waited = true;
    await sleep(POLL_MS);
  }
  const beat = setInterval(() => attempt(() => touch(join(directory, owner))), staleAfterMs / 10);
  try {
    return await work();
  } finally {
    clearInterval(beat);
    rmSync(join(directory, owner), { force: true });
    attempt(() => rmdirSync(directory)); // unless the next one is there already
  }
}

/**
 * A directory can be renamed over an empty one, never over one that holds a file.
 *
 * @param {string} directory
 * @param {string} owner
 */
function claimFree(directory, owner) {
  const prepared = `${directory}.${owner}`;
  mkdirSync(prepared);
  writeFileSync(join(prepared, owner), '');
  if (attempt(() => renameSync(prepared, directory))) return true;
  rmSync(prepared, { recursive: true });
  return false;
}

/**
 * @param {string} directory
 * @param {string} owner
 * @param {number} staleAfterMs
 */
function takeOver(directory, owner, staleAfterMs) {
  return attempt(() => {
    for (const other of readdirSync(directory)) {
      const file = join(directory, other);
      if (Date.now() - statSync(file).mtimeMs < staleAfterMs) throw new Error('still in use');
      touch(file); // first, so that the new name is never seen with the old time
      renameSync(file, join(directory, owner));
      return;
    }
    throw new Error('just released');
  });
}

/** @param {string} file */
function touch(file) {
  const now = new Date();
  utimesSync(file, now, now);
}

/**
 * Losing a race to another process is an answer here, not a failure.
 *
 * @param {() => void} action
 * @returns {boolean} whether it went through
 */
function attempt(action) {
  try {
    action();
    return true;
  } catch {
    return false;
  }
}
