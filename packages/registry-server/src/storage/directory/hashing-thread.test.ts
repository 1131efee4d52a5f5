import { createHash, randomBytes } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { HashingThread } from './hashing-thread.js';
import { HashingThreads } from './hashing-threads.js';
import { LocalHash, STAGE_BYTES, STAGE_COUNT, type StreamHash } from './stream-hash.js';

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
  it('follows bytes in stages and elsewhere, and tells their digest in between', async () => {
    const hash = start();
    expect(await hash.digest()).toBe(sha256());
    const bytes = randomBytes(2 * STAGE_BYTES + 17);
    await hash.update(bytes);
    expect(await hash.digest()).toBe(sha256(bytes));
    const stages = hash.takeStages();
    expect(stages.pieces.map(({ length }) => length)).toEqual(Array(STAGE_COUNT).fill(STAGE_BYTES));
    const filled = stages.pieces.map((piece) => piece.fill(randomBytes(1000)));
    await Promise.all(filled.map((piece, index) => hash.update(piece.subarray(0, 100 + index))));
    expect(await hash.digest()).toBe(sha256(bytes, ...filled.map((piece, index) => piece.subarray(0, 100 + index))));
    hash.returnStages(stages);
  });
});

describe('HashingThread', () => {
  it('keeps the bytes of many hashes apart', async () => {
    const { startHash } = bound(startThread());
    const contents = Array.from({ length: 40 }, () => Array.from({ length: 5 }, () => randomBytes(3000)));
    const digests = await Promise.all(
      contents.map(async (pieces) => {
        const hash = startHash();
        const stages = hash.takeStages();
        const [memory = Buffer.alloc(0)] = stages.pieces;
        for (const piece of pieces) {
          memory.set(piece);
          await hash.update(memory.subarray(0, piece.length));
        }
        hash.returnStages(stages);
        return hash.digest();
      }),
    );
    expect(digests).toEqual(contents.map((pieces) => sha256(...pieces)));
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

function bound(of: HashingThread): { startHash: () => StreamHash } {
  return { startHash: () => of.startHash() };
}
