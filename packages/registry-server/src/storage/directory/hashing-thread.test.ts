import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { HashingThread } from './hashing-thread.js';
import { HashingThreads } from './hashing-threads.js';
import { LocalHash, type StreamHash } from './stream-hash.js';

const sha256 = (...pieces: Uint8Array[]) => createHash('sha256').update(Buffer.concat(pieces)).digest('hex');

let thread: HashingThread | undefined;
const startThread = () => {
  thread = new HashingThread();
  return thread;
};

afterEach(() => thread?.stop());

describe.each<[string, () => StreamHash]>([
  ['LocalHash', () => new LocalHash()],
  ['a hash of HashingThread', () => startThread().startHash()],
])('%s', (_, start) => {
  it('follows bytes in memory that is shared and that is not, and tells their digest in between', async () => {
    const hash = start();
    expect(await hash.digest()).toBe(sha256());
    const bytes = randomBytes(100_017);
    await hash.update(bytes);
    expect(await hash.digest()).toBe(sha256(bytes));
    const shared = Buffer.from(new SharedArrayBuffer(3000)).fill(randomBytes(3000));
    await Promise.all([hash.update(shared.subarray(10, 2000)), hash.update(shared.subarray(1500))]);
    expect(await hash.digest()).toBe(sha256(bytes, shared.subarray(10, 2000), shared.subarray(1500)));
  });
});

describe('HashingThread', () => {
  it('keeps the bytes of many hashes apart', async () => {
    const many = startThread();
    const contents = Array.from({ length: 40 }, () => Array.from({ length: 5 }, () => randomBytes(3000)));
    const digests = await Promise.all(
      contents.map(async (pieces) => {
        const hash = many.startHash();
        const memory = Buffer.from(new SharedArrayBuffer(3000));
        for (const piece of pieces) {
          memory.set(piece);
          await hash.update(memory);
        }
        return hash.digest();
      }),
    );
    expect(digests).toEqual(contents.map((pieces) => sha256(...pieces)));
    expect(many.load).toBe(40);
  });

  it('can be told to forget memory, and knows it again when it is used again', async () => {
    const hash = startThread().startHash();
    const memory = new SharedArrayBuffer(10);
    await hash.update(Buffer.from(memory));
    thread?.forget(memory);
    await hash.update(Buffer.from(memory));
    expect(await hash.digest()).toBe(sha256(Buffer.alloc(20)));
  });

  it('keeps the process alive while an answer is due, and no longer', async () => {
    // A thread counts by the port that it is spoken to through.
    const ports = () => process.getActiveResourcesInfo().filter((name) => name === 'MessagePort').length;
    const before = ports();
    const hash = startThread().startHash();
    expect(ports() - before).toBe(0);
    const asked = Promise.all([hash.update(Buffer.alloc(10)), hash.digest()]);
    expect(ports() - before).toBe(1);
    await asked;
    expect(ports() - before).toBe(0);
  });

  it('fails what is asked of it once it has gone', async () => {
    const gone = startThread();
    const hash = gone.startHash();
    const asked = hash.update(Buffer.alloc(10));
    const outcome = expect(asked).rejects.toThrow('the hashing thread has ended');
    await gone.stop();
    await outcome;
    await expect(hash.digest()).rejects.toThrow('the hashing thread has ended');
    expect(gone.isAlive).toBe(false);
  });
});

describe('HashingThreads', () => {
  it('starts another thread where one has gone', async () => {
    const threads = new HashingThreads();
    const lost = threads.startHash();
    await threads.stop();
    await expect(lost.digest()).rejects.toThrow();
    const hash = threads.startHash();
    await hash.update(Buffer.from('bytes'));
    expect(await hash.digest()).toBe(sha256(Buffer.from('bytes')));
    await threads.stop();
  });
});
