import { readAll } from '@quinistry/oci-image';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SegmentedBytes } from './segmented-bytes.js';

const LARGE = Uint8Array.from({ length: 2_500_000 }, (_, index) => index % 251);

async function read(bytes: SegmentedBytes, start = 0, end = bytes.size): Promise<Uint8Array> {
  return readAll(bytes.read({ range: { start, end } }), { maxBytes: LARGE.length });
}

describe('SegmentedBytes', () => {
  it('gives any range back, however the bytes were cut on their way in', async () => {
    const position = fc.integer({ min: 0, max: LARGE.length });
    await fc.assert(
      fc.asyncProperty(fc.array(position, { maxLength: 8 }), position, position, async (cuts, start, end) => {
        const bytes = new SegmentedBytes();
        const bounds = [0, ...cuts.sort((a, b) => a - b), LARGE.length];
        for (const [index, bound] of bounds.entries()) bytes.append(LARGE.subarray(bound, bounds[index + 1]));
        bytes.trim();
        expect(bytes.size).toBe(LARGE.length);
        expect(Buffer.compare(await read(bytes, start, end), LARGE.subarray(start, end))).toBe(0);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps its own copy: a writer may use its buffer again', async () => {
    const bytes = new SegmentedBytes();
    const buffer = Buffer.from('first');
    bytes.append(buffer);
    buffer.fill(0);
    expect(Buffer.from(await read(bytes)).toString()).toBe('first');
  });

  it('takes more bytes after it was trimmed', async () => {
    const bytes = new SegmentedBytes();
    bytes.append(Buffer.from('one'));
    bytes.trim();
    bytes.append(Buffer.from('two'));
    expect(Buffer.from(await read(bytes)).toString()).toBe('onetwo');
  });

  it('stops when the signal aborts', async () => {
    const bytes = new SegmentedBytes();
    bytes.append(LARGE);
    const controller = new AbortController();
    const chunks = bytes.read({ signal: controller.signal });
    await chunks.next();
    controller.abort(new Error('enough'));
    await expect(chunks.next()).rejects.toThrow('enough');
  });
});
