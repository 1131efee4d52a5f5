/**
 * One process per store: two would each have a view of their own, and overwrite each other's journal.
 * Node.js has no `flock`, so the file names its owner, and an owner that no longer lives owns nothing.
 */
import { randomUUID } from 'node:crypto';
import { link, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { OciError } from '@quinistry/oci-image';
import * as z from 'zod';
import { isSystemError, unlessMissing } from './system-error.js';

const ownerSchema = z.object({
  pid: z.int().positive(),
  /** When the process started, in the kernel's words; a number that was given out again tells another time. */
  started: z.string(),
});
type Owner = z.infer<typeof ownerSchema>;

const ATTEMPTS = 10;

/** Paths that this process has locked: its own pid in a file may be from an earlier life of a container. */
const held = new Set<string>();

/**
 * @returns how to let go.
 * @throws {OciError} `STORE_IN_USE`, which names the process that has the store.
 */
export async function acquireLock(path: string): Promise<() => Promise<void>> {
  if (held.has(path)) throw inUse(path, process.pid);
  held.add(path);
  try {
    await takeFile(path);
  } catch (error) {
    held.delete(path);
    throw error;
  }
  return async () => {
    held.delete(path);
    await rm(path, { force: true });
  };
}

async function takeFile(path: string): Promise<void> {
  const own: Owner = { pid: process.pid, started: (await startOf(process.pid)) ?? '' };
  const prepared = `${path}.${randomUUID()}`;
  await writeFile(prepared, JSON.stringify(own), { flag: 'wx' });
  try {
    for (let attempt = 1; ; attempt++) {
      try {
        await link(prepared, path);
        return;
      } catch (error) {
        if (!isSystemError(error, 'EEXIST') || attempt === ATTEMPTS) throw error;
      }
      await clearStale(path);
    }
  } finally {
    await rm(prepared, { force: true });
  }
}

/** Moved away before it is removed, so that of two who find the same dead owner only one removes it. */
async function clearStale(path: string): Promise<void> {
  const owner = await readOwner(path);
  if (owner === undefined) return; // let go of meanwhile
  if (owner !== 'unreadable' && (await isAlive(owner))) throw inUse(path, owner.pid);
  const aside = `${path}.${randomUUID()}`;
  try {
    await rename(path, aside);
  } catch (error) {
    unlessMissing(error);
    return;
  }
  const moved = await readOwner(aside);
  if (moved !== undefined && moved !== 'unreadable' && (await isAlive(moved))) {
    // It was taken over by another process between the two looks: give it back.
    await link(aside, path).catch(() => {});
    await rm(aside, { force: true });
    throw inUse(path, moved.pid);
  }
  await rm(aside, { force: true });
}

async function readOwner(path: string): Promise<Owner | 'unreadable' | undefined> {
  const text = await readFile(path, 'utf8').catch(unlessMissing);
  if (text === undefined) return undefined;
  try {
    return ownerSchema.parse(JSON.parse(text));
  } catch {
    return 'unreadable'; // torn by a loss of power
  }
}

async function isAlive({ pid, started }: Owner): Promise<boolean> {
  if (pid === process.pid) return false; // not held by this life of the process, as `held` told
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (isSystemError(error, 'ESRCH')) return false;
  }
  const now = await startOf(pid);
  return now === undefined || started === '' || now === started;
}

/** Field 22 of /proc/<pid>/stat; the second one, a name in parentheses, may hold anything. Elsewhere than on Linux unknown. */
async function startOf(pid: number): Promise<string | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, 'latin1').catch(() => undefined);
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'latin1').catch(() => '');
  const ticks = stat?.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  return ticks === undefined ? undefined : `${boot.trim()}:${ticks}`;
}

function inUse(path: string, pid: number): OciError {
  return new OciError('STORE_IN_USE', `the store is in use by process ${pid}, which holds ${path}`);
}
