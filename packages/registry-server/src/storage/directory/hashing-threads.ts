import { availableParallelism } from 'node:os';
import { HashingThread } from './hashing-thread.js';
import { LocalHash, type StreamHash } from './stream-hash.js';

/** One core is busy with connections; and four threads hash more than most networks and disks can move. */
const MOST_THREADS = Math.min(4, Math.max(1, availableParallelism() - 1));

/** The threads of a store, started when there is work for them. */
export class HashingThreads {
  #threads: HashingThread[] = [];

  /** On the caller's thread, where there is no other one to be had: a container may be out of those that it is allowed. */
  startHash(): StreamHash {
    return this.#leastBusy()?.startHash() ?? new LocalHash();
  }

  /** The memory is not used any more. */
  forget(memory: SharedArrayBuffer): void {
    for (const thread of this.#threads) thread.forget(memory);
  }

  async stop(): Promise<void> {
    await Promise.all(this.#threads.splice(0).map((thread) => thread.stop()));
  }

  #leastBusy(): HashingThread | undefined {
    this.#threads = this.#threads.filter(({ isAlive }) => isAlive);
    const [idlest] = [...this.#threads].sort((a, b) => a.load - b.load);
    if (idlest !== undefined && (idlest.load === 0 || this.#threads.length >= MOST_THREADS)) return idlest;
    try {
      const started = new HashingThread();
      this.#threads.push(started);
      return started;
    } catch {
      return idlest;
    }
  }
}
