import { createHash } from 'node:crypto';
import type * as Threads from 'node:worker_threads';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { HashingThreads } from './hashing-threads.js';
import type { StreamHash } from './stream-hash.js';

const system = vi.hoisted(() => ({ refusesThreads: false }));

vi.mock('node:worker_threads', async (importOriginal) => {
  const threads = await importOriginal<typeof Threads>();
  class Worker extends threads.Worker {
    constructor(...args: ConstructorParameters<typeof threads.Worker>) {
      if (system.refusesThreads) throw Object.assign(new Error('EAGAIN'), { code: 'ERR_WORKER_INIT_FAILED' });
      super(...args);
    }
  }
  return { ...threads, Worker };
});

async function digestOf(hash: StreamHash, text: string): Promise<string> {
  await hash.update(Buffer.from(text));
  return hash.digest();
}

describe('HashingThreads', () => {
  it('does with what there is where the system starts no more threads', async () => {
    const threads = new HashingThreads();
    onTestFinished(async () => {
      system.refusesThreads = false;
      await threads.stop();
    });
    const expected = createHash('sha256').update('bytes').digest('hex');
    system.refusesThreads = true;
    expect(await digestOf(threads.startHash(), 'bytes')).toBe(expected);
    system.refusesThreads = false;
    threads.startHash();
    system.refusesThreads = true;
    expect(await digestOf(threads.startHash(), 'bytes')).toBe(expected);
  });
});
