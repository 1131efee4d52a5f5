import { once } from 'node:events';
import { connect } from 'node:net';
import { addAbortSignal } from 'node:stream';
import { ANSWER_WITHIN_MS, type Claimant, claimantSchema, isAnnounced, isUnannounced } from './claim.js';
import type { SocketDirectory } from './socket-directory.js';
import { isSystemError } from './system-error.js';

/** More than any claimant has to say. */
const LONGEST_ANSWER = 1024;

interface Answer {
  /** `withdrawing` is one that ends without a word; `silent`, one that lives and does not tell what it is. */
  readonly role: Claimant['role'] | 'withdrawing' | 'silent';
  readonly claimant?: Claimant;
  readonly cause?: unknown;
}

/** Somebody else's claim, and what is known of its process. */
export interface Rival extends Answer {
  readonly name: string;
}

/** The claims that stand, by name, but for one's own. Dead ones are removed: their names do not come back. */
export async function findRivals(sockets: SocketDirectory, own: string | undefined): Promise<readonly Rival[]> {
  const names = (await sockets.list()).filter((name) => isAnnounced(name) && name !== own).sort();
  const rivals = await Promise.all(names.map((name) => meet(sockets, name)));
  return rivals.filter((rival) => rival !== undefined);
}

/** What is left of processes that were killed before they announced themselves. One that lives begins anew. */
export async function removeUnannounced(sockets: SocketDirectory): Promise<void> {
  const names = (await sockets.list()).filter(isUnannounced);
  await Promise.all(names.map((name) => meet(sockets, name)));
}

async function meet(sockets: SocketDirectory, name: string): Promise<Rival | undefined> {
  const answer = await ask(sockets.address(name));
  if (answer !== undefined) return { name, ...answer };
  await sockets.remove(name).catch(() => {}); // a directory that takes no changes; dead it is all the same
  return undefined;
}

/** @returns `undefined` for a dead one. */
async function ask(address: string): Promise<Answer | undefined> {
  const signal = AbortSignal.timeout(ANSWER_WITHIN_MS);
  const socket = addAbortSignal(signal, connect(address)).setEncoding('utf8');
  socket.on('error', () => {}); // whoever waits is told
  try {
    await once(socket, 'connect');
    let text = '';
    for await (const chunk of socket) {
      text += chunk;
      if (text.length > LONGEST_ANSWER) return { role: 'silent' };
    }
    return text === '' ? { role: 'withdrawing' } : parseAnswer(text);
  } catch (cause) {
    if (isSystemError(cause, 'ECONNREFUSED', 'ENOENT')) return undefined; // nobody listens
    // It listened when it was asked, and does not any more.
    if (isSystemError(cause, 'ECONNRESET')) return { role: 'withdrawing', cause };
    // No answer in time, a queue that is full, no right to connect: all of that is met only where somebody listens.
    return { role: 'silent', cause };
  } finally {
    socket.destroy();
  }
}

function parseAnswer(text: string): Answer {
  try {
    const claimant = claimantSchema.parse(JSON.parse(text));
    return { role: claimant.role, claimant };
  } catch (cause) {
    return { role: 'silent', cause };
  }
}
