import { describe, expect, it } from 'vitest';
import { fillingSource } from './filling-source.js';

async function* chunks(...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
}

async function* failing(...texts: string[]): AsyncGenerator<Uint8Array> {
  yield* chunks(...texts);
  throw new Error('cable cut');
}

async function fillOnce(source: ReturnType<typeof fillingSource>, room: number, demand?: () => void): Promise<string> {
  const memory = Buffer.alloc(room);
  return memory.toString('latin1', 0, await source.fill(memory, demand));
}

describe('fillingSource', () => {
  it('cuts chunks into what there is room for, and gives nothing after the end', async () => {
    const source = fillingSource(chunks('abc', '', 'defgh', 'i'));
    expect([await fillOnce(source, 2), await fillOnce(source, 5), await fillOnce(source, 5)]).toEqual([
      'ab',
      'cdefg',
      'hi',
    ]);
    expect([await fillOnce(source, 5), await fillOnce(source, 5)]).toEqual(['', '']);
  });

  it('hands over what came before a failure, and then fails, again and again', async () => {
    const source = fillingSource(failing('abc', 'de'));
    expect(await fillOnce(source, 100)).toBe('abcde');
    await expect(fillOnce(source, 100)).rejects.toThrow('cable cut');
    await expect(fillOnce(source, 100)).rejects.toThrow('cable cut');
  });

  it('asks before each chunk whether it is still wanted, and lets go of the source', async () => {
    let isLeft = false;
    async function* endless(): AsyncGenerator<Uint8Array> {
      try {
        for (;;) yield Buffer.from('abc');
      } finally {
        isLeft = true;
      }
    }
    let asked = 0;
    const demand = () => {
      asked += 1;
      if (asked === 3) throw new Error('cancelled');
    };
    const source = fillingSource(endless());
    expect(await fillOnce(source, 100, demand)).toBe('abcabc');
    await expect(fillOnce(source, 100, demand)).rejects.toThrow('cancelled');
    expect([asked, isLeft]).toEqual([3, true]);
  });

  it('lets go of a source that is left', async () => {
    let isLeft = false;
    async function* held(): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from('abc');
      } finally {
        isLeft = true;
      }
    }
    const source = fillingSource(held());
    await fillOnce(source, 2);
    source.leave();
    await expect.poll(() => isLeft).toBe(true);
  });

  it.each<[string, () => Promise<never>]>([
    ['rejects', () => Promise.reject(new Error('stuck'))],
    [
      'throws',
      () => {
        throw new Error('stuck');
      },
    ],
  ])('minds nothing of a source that %s when it is left', async (_, leave) => {
    const next = async () => ({ done: false, value: Buffer.from('abc') });
    const source = fillingSource({ [Symbol.asyncIterator]: () => ({ next, return: leave }) });
    const refuse = () => {
      throw new Error('cancelled');
    };
    await expect(fillOnce(source, 2, refuse)).rejects.toThrow('cancelled');
  });

  it('takes a source that fills memory by itself as it is', () => {
    const source = fillingSource(chunks('abc'));
    expect(fillingSource(source)).toBe(source);
  });
});
