import { describe, expect, it } from 'vitest';
import { type BodyEnd, MAX_PIECE_BYTES, openBodyStream } from './body-stream.js';

async function* chunksOf(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function bytesOf(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

describe('openBodyStream', () => {
  it('passes the bytes on and tells how many', async () => {
    const ends: BodyEnd[] = [];
    const stream = await openBodyStream(() => chunksOf(bytesOf(1, 2), bytesOf(), bytesOf(3)), {
      size: 3,
      onEnd: (end) => ends.push(end),
    });
    expect(new Uint8Array(await new Response(stream).arrayBuffer())).toEqual(bytesOf(1, 2, 3));
    expect(ends).toEqual([{ bytes: 3, complete: true }]);
  });

  it('hands out views of a large chunk in pieces, and leaves its memory with the store', async () => {
    const held = new Uint8Array(2 * MAX_PIECE_BYTES + 1);
    const pieces: Uint8Array[] = [];
    const stream = await openBodyStream(() => chunksOf(held), { size: held.byteLength, onEnd: () => {} });
    for await (const piece of stream) pieces.push(piece);
    expect(pieces.map((piece) => piece.byteLength)).toEqual([MAX_PIECE_BYTES, MAX_PIECE_BYTES, 1]);
    expect(pieces.every((piece) => piece.buffer === held.buffer)).toBe(true);
    expect(held.byteLength).toBe(2 * MAX_PIECE_BYTES + 1);
  });

  it('reads one chunk ahead of the client and no more', async () => {
    let produced = 0;
    async function* endless(): AsyncGenerator<Uint8Array> {
      for (;;) {
        produced += 1;
        yield bytesOf(0);
      }
    }
    const stream = await openBodyStream(endless, { size: 1_000_000, onEnd: () => {} });
    const reader = stream.getReader();
    await reader.read();
    await reader.read();
    expect(produced).toBe(2);
    await reader.cancel();
  });

  it('throws what the source throws on its first read', async () => {
    // biome-ignore lint/correctness/useYield: it fails before it has anything
    async function* unreadable(): AsyncGenerator<Uint8Array> {
      throw new Error('disk is gone');
    }
    await expect(openBodyStream(unreadable, { size: 1, onEnd: () => {} })).rejects.toThrow('disk is gone');
  });

  it('stops the source and tells what was sent when the client leaves', async () => {
    const ends: BodyEnd[] = [];
    let signal: AbortSignal | undefined;
    let closed = false;
    async function* source(aborted: AbortSignal): AsyncGenerator<Uint8Array> {
      signal = aborted;
      try {
        for (;;) yield bytesOf(1, 2);
      } finally {
        closed = true;
      }
    }
    const stream = await openBodyStream(source, { size: 100, onEnd: (end) => ends.push(end) });
    const reader = stream.getReader();
    await reader.read();
    await reader.cancel();
    await new Promise(setImmediate);
    expect(ends).toEqual([{ bytes: 2, complete: false }]);
    expect(signal?.aborted).toBe(true);
    expect(closed).toBe(true);
  });

  it.each([
    ['fewer', 5],
    ['more', 3],
  ])('errors the stream when the source has %s bytes than announced', async (word, size) => {
    const ends: BodyEnd[] = [];
    const stream = await openBodyStream(() => chunksOf(bytesOf(1, 2), bytesOf(3, 4)), {
      size,
      onEnd: (end) => ends.push(end),
    });
    await expect(new Response(stream).arrayBuffer()).rejects.toThrow(`gave ${word} than the ${size} bytes`);
    expect(ends).toMatchObject([{ complete: false, error: expect.any(Error) }]);
  });

  it('cuts the connection rather than end a body that fell short', async () => {
    const breaks: string[] = [];
    const stream = await openBodyStream(() => chunksOf(bytesOf(1)), {
      size: 2,
      onEnd: ({ complete }) => breaks.push(`complete: ${complete}`),
      breakOff: () => breaks.push('cut'),
    });
    const reader = stream.getReader();
    await reader.read();
    const rest = reader.read();
    await new Promise(setImmediate);
    expect(breaks).toEqual(['complete: false', 'cut']);
    await reader.cancel();
    await expect(rest).resolves.toMatchObject({ done: true });
  });
});
