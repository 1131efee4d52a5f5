import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import {
  type BodyEnd,
  type BodySink,
  MAX_PIECE_BYTES,
  OutgoingBody,
  type OutgoingBodyOptions,
} from './outgoing-body.js';

async function* chunksOf(...chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks;
}

function bytesOf(...values: number[]): Uint8Array {
  return Uint8Array.from(values);
}

async function openBodyStream(
  open: (signal: AbortSignal) => AsyncIterable<Uint8Array>,
  options: OutgoingBodyOptions,
): Promise<ReadableStream<Uint8Array>> {
  return (await OutgoingBody.open(open, options)).stream();
}

describe('OutgoingBody.stream', () => {
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

  it('copies what a source fills anew, for whoever reads a stream may keep it', async () => {
    const memory = bytesOf(0);
    async function* recycling(): AsyncGenerator<Uint8Array> {
      for (const value of [1, 2]) {
        memory[0] = value;
        yield memory;
      }
    }
    const body = await OutgoingBody.open(recycling, { size: 2, recycles: true, onEnd: () => {} });
    const pieces: Uint8Array[] = [];
    for await (const piece of body.stream()) pieces.push(piece);
    expect(pieces).toEqual([bytesOf(1), bytesOf(2)]);
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

/** A connection that takes a piece when the test says so. */
class TestSink extends EventEmitter implements BodySink {
  destroyed = false;
  ended = false;
  readonly written: number[] = [];
  readonly #flushing: (() => void)[] = [];

  write(piece: Uint8Array, onFlushed: () => void): void {
    this.written.push(...piece);
    this.#flushing.push(onFlushed);
  }

  end(): void {
    this.ended = true;
  }

  destroy(): void {
    this.destroyed = true;
    this.emit('close');
  }

  async flush(): Promise<void> {
    this.#flushing.shift()?.();
    await new Promise(setImmediate);
  }
}

describe('OutgoingBody.writeTo', () => {
  it('has two pieces on their way, and asks for the next one when the first of them has left', async () => {
    const ends: BodyEnd[] = [];
    let asked = 0;
    async function* source(): AsyncGenerator<Uint8Array> {
      for (asked = 1; asked <= 4; asked++) yield bytesOf(asked);
    }
    const body = await OutgoingBody.open(source, { size: 4, recycles: true, onEnd: (end) => ends.push(end) });
    const sink = new TestSink();
    const written = body.writeTo(sink);
    for (const [flushed, onTheirWay] of [2, 3, 4].entries()) {
      await new Promise(setImmediate);
      expect([flushed, asked, sink.written.length]).toEqual([flushed, onTheirWay, onTheirWay]);
      await sink.flush();
    }
    expect(sink.ended).toBe(false);
    await sink.flush();
    await written;
    expect(sink).toMatchObject({ written: [1, 2, 3, 4], ended: true, destroyed: false });
    expect(ends).toEqual([{ bytes: 4, complete: true }]);
  });

  it.each([
    ['leaves', (sink: TestSink) => sink.destroy()],
    ['fails', (sink: TestSink) => sink.emit('error', new Error('reset'))],
  ])('closes the source and tells what was sent when the connection %s', async (_word, part) => {
    const ends: BodyEnd[] = [];
    let closed = false;
    async function* source(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield bytesOf(1, 2);
      } finally {
        closed = true;
      }
    }
    const body = await OutgoingBody.open(source, { size: 100, onEnd: (end) => ends.push(end) });
    const sink = new TestSink();
    void body.writeTo(sink);
    await new Promise(setImmediate);
    part(sink);
    await sink.flush();
    await sink.flush();
    expect(sink.written).toEqual([1, 2, 1, 2]);
    expect(ends).toEqual([{ bytes: 4, complete: false }]);
    expect(closed).toBe(true);
  });

  it('writes nothing to a connection that has gone before', async () => {
    const ends: BodyEnd[] = [];
    const body = await OutgoingBody.open(() => chunksOf(bytesOf(1)), { size: 1, onEnd: (end) => ends.push(end) });
    const sink = new TestSink();
    sink.destroy();
    await body.writeTo(sink);
    expect(sink.written).toEqual([]);
    expect(ends).toEqual([{ bytes: 0, complete: false }]);
  });

  it('cuts the connection rather than end a body that fell short', async () => {
    const ends: BodyEnd[] = [];
    const body = await OutgoingBody.open(() => chunksOf(bytesOf(1)), { size: 2, onEnd: (end) => ends.push(end) });
    const sink = new TestSink();
    const written = body.writeTo(sink);
    await new Promise(setImmediate);
    await sink.flush();
    await written;
    expect(sink).toMatchObject({ ended: false, destroyed: true });
    expect(ends).toMatchObject([{ bytes: 1, complete: false, error: expect.any(Error) }]);
  });
});
