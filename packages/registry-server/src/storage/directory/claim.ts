import { randomBytes } from 'node:crypto';
import { createServer, type Server, type Socket } from 'node:net';
import { hostname } from 'node:os';
import * as z from 'zod';
import type { SocketDirectory } from './socket-directory.js';

/** How long an answer may take. Who is asked has it at hand, but may be busy, or stopped. */
export const ANSWER_WITHIN_MS = 2_000;

/** What stands behind a claim, as it tells everybody who connects: one line of JSON. */
export const claimantSchema = z.object({
  role: z.enum(['owner', 'contender']),
  pid: z.int().positive(),
  /** The name of the machine; in a container, the container's id. */
  host: z.string(),
});
export type Claimant = z.infer<typeof claimantSchema>;

const ANNOUNCED = /^[0-9a-f]{16}$/;
/** Before a name, until somebody listens there: up to then it would be taken for a dead one. */
const UNANNOUNCED = 'new-';

export function isAnnounced(name: string): boolean {
  return ANNOUNCED.test(name);
}

export function isUnannounced(name: string): boolean {
  return name.startsWith(UNANNOUNCED) && isAnnounced(name.slice(UNANNOUNCED.length));
}

/**
 * A socket on which this process listens. Whether one is alive is for the kernel to say: it refuses connections to a
 * socket whose process is gone, and makes them, without its help, where that process is busy or stopped. No process has
 * to see the other one for that, and they may be in containers of their own.
 */
export class Claim {
  /** Unique, and fixed while the claim stands: a name that changes may escape who is just reading the directory. */
  readonly name: string;
  readonly #sockets: SocketDirectory;
  readonly #server: Server;
  #role: Claimant['role'] = 'contender';

  private constructor(name: string, sockets: SocketDirectory) {
    this.name = name;
    this.#sockets = sockets;
    this.#server = createServer({ pauseOnConnect: true }, (peer) => this.#answer(peer)).unref();
  }

  /** From when it resolves, whoever looks sees the claim. @throws the system's error, for one where it has no sockets. */
  static async announce(sockets: SocketDirectory): Promise<Claim> {
    const name = randomBytes(8).toString('hex');
    const claim = new Claim(name, sockets);
    try {
      await claim.#listen(sockets.address(UNANNOUNCED + name));
      await sockets.rename(UNANNOUNCED + name, name);
    } catch (error) {
      claim.#server.close();
      await sockets.remove(UNANNOUNCED + name);
      throw error;
    }
    return claim;
  }

  /** Nobody else claims the same: the claim is good from now on. */
  own(): void {
    this.#role = 'owner';
  }

  async withdraw(): Promise<void> {
    this.#server.close();
    await this.#sockets.remove(this.name);
  }

  /** Anybody may connect: another user, too, has to tell whether it is alive. Who gets there is up to the directory. */
  #listen(path: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#server.on('error', reject); // later ones are of single connections, and nobody's concern
      this.#server.listen({ path, exclusive: true, readableAll: true, writableAll: true }, resolve);
    });
  }

  /** Reads nothing, and is done with the peer once the line is out. */
  #answer(peer: Socket): void {
    const claimant: Claimant = { role: this.#role, pid: process.pid, host: hostname() };
    peer.unref();
    peer.on('error', () => {});
    peer.setTimeout(ANSWER_WITHIN_MS, () => peer.destroy());
    peer.end(`${JSON.stringify(claimant)}\n`, () => peer.destroy());
  }
}
