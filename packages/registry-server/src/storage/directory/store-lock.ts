/**
 * One process per store: two would each have a view of their own, and overwrite each other's journal.
 *
 * Node.js has no `flock`, and a process's number means nothing in another container. So who wants the store announces a
 * {@link Claim}, a socket in a directory of the store, and looks at the others after that. It has the store if it sees
 * none. Of two, one announced itself later, and it sees the other: never do both pass.
 */
import { randomInt } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { setTimeout as wait } from 'node:timers/promises';
import { OciError } from '@quinistry/oci-image';
import { Claim } from './claim.js';
import { findRivals, type Rival, removeUnannounced } from './rivals.js';
import { SocketDirectory } from './socket-directory.js';
import { isSystemError, unlessMissing } from './system-error.js';

/** Contenders are through after a few. Whoever is not has met one that neither wins nor gives up. */
const MOST_TURNS = 100;
const SHORTEST_WAIT_MS = 5;
const LONGEST_WAIT_MS = 50;

export interface StoreLockOptions {
  /** Told where there can be no lock. */
  readonly onWarning: (message: string, error: unknown) => void;
}

/**
 * @param directory - where claims are; made where it is missing.
 * @returns how to let go.
 * @throws {OciError} `STORE_IN_USE`, which names the process that has the store.
 */
export async function acquireStoreLock(
  directory: string,
  { onWarning }: StoreLockOptions,
): Promise<() => Promise<void>> {
  await mkdir(directory, { recursive: true });
  const sockets = new SocketDirectory(directory);
  try {
    const claim = await contend(sockets);
    return () => claim.withdraw();
  } catch (error) {
    if (!isWithoutSockets(error)) throw error;
    onWarning(`nothing keeps a second process from this store: no socket can be made in ${directory}`, error);
    return async () => {};
  } finally {
    sockets.close();
  }
}

/**
 * Looks before it announces itself as well, so that those who wait disturb nobody. Of those who have announced
 * themselves at once, all but the first by name withdraw; that one waits for them and then sees none.
 */
async function contend(sockets: SocketDirectory): Promise<Claim> {
  let own: Claim | undefined;
  try {
    for (let turn = 1; ; turn++) {
      const rivals = await findRivals(sockets, own?.name);
      const [first] = rivals;
      if (first === undefined) {
        if (own !== undefined) return await succeed(sockets, own);
        // Who has just become the owner may have taken the socket for a left over one, before it was announced.
        own = await Claim.announce(sockets).catch(turn < MOST_TURNS ? unlessMissing : undefined);
        continue;
      }
      const holder = rivals.find(isHolder) ?? (turn >= MOST_TURNS ? first : undefined);
      if (holder !== undefined) throw inUse(sockets, holder);
      if (own !== undefined && first.name < own.name) {
        await own.withdraw();
        own = undefined;
      }
      await wait(randomInt(SHORTEST_WAIT_MS, LONGEST_WAIT_MS));
    }
  } catch (error) {
    await own?.withdraw();
    throw error;
  }
}

/** One that lives and says nothing may be an owner that is stopped, or busy. */
function isHolder({ role }: Rival): boolean {
  return role === 'owner' || role === 'silent';
}

async function succeed(sockets: SocketDirectory, own: Claim): Promise<Claim> {
  own.own();
  await removeUnannounced(sockets);
  return own;
}

/** The file system makes no sockets (mknod(2), bind(2)), the system knows none, or the path is too long for one. */
function isWithoutSockets(error: unknown): boolean {
  if (error instanceof OciError) return error.code === 'PLATFORM_UNSUPPORTED';
  return isSystemError(error, 'EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'EINVAL', 'ENOSYS', 'EAFNOSUPPORT');
}

function inUse(sockets: SocketDirectory, { name, claimant, cause }: Rival): OciError {
  const holder = claimant ? `process ${claimant.pid} on ${claimant.host}` : 'a process that does not answer';
  return new OciError('STORE_IN_USE', `the store is in use by ${holder}, which holds ${sockets.file(name)}`, { cause });
}
