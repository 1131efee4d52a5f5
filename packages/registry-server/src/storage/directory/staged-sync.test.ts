import type { FileHandle } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { StagedSync, SyncSlots } from './staged-sync.js';

const MANY = 40 * 1024 * 1024;

/** A file whose syncs end when they are told to; a disk that fails cannot be had. */
function slowFile() {
  const syncs: { resolve: () => void; reject: (error: Error) => void }[] = [];
  const datasync = () => new Promise<void>((resolve, reject) => syncs.push({ resolve, reject }));
  return { file: { datasync } as unknown as FileHandle, syncs };
}

describe('StagedSync', () => {
  it('syncs a file once much has been written, and one time after the other', async () => {
    const { file, syncs } = slowFile();
    const staged = new StagedSync(new SyncSlots());
    staged.note(file, 1000);
    expect(syncs).toHaveLength(0);
    staged.note(file, MANY);
    staged.note(file, MANY);
    expect(syncs).toHaveLength(1);
    syncs[0]?.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    staged.note(file, 0);
    expect(syncs).toHaveLength(2);
  });

  it('is complete when a last sync has ended, and the one that runs', async () => {
    const { file, syncs } = slowFile();
    const staged = new StagedSync(new SyncSlots());
    staged.note(file, MANY);
    let isComplete = false;
    const complete = staged.complete(file).then(() => {
      isComplete = true;
    });
    expect(syncs).toHaveLength(2);
    syncs[1]?.resolve();
    await new Promise((resolve) => setImmediate(resolve));
    expect(isComplete).toBe(false);
    syncs[0]?.resolve();
    await complete;
  });

  it('fails for good where one sync has failed, for the system tells of it only once', async () => {
    const { file, syncs } = slowFile();
    const staged = new StagedSync(new SyncSlots());
    staged.note(file, MANY);
    syncs[0]?.reject(new Error('EIO'));
    for (const attempt of [1, 2]) {
      const complete = staged.complete(file);
      syncs[attempt]?.resolve();
      await expect(complete).rejects.toThrow('EIO');
    }
  });

  it('leaves it to the end where two files are being synced already', () => {
    const slots = new SyncSlots();
    const files = [slowFile(), slowFile(), slowFile()];
    for (const { file } of files) new StagedSync(slots).note(file, MANY);
    expect(files.map(({ syncs }) => syncs.length)).toEqual([1, 1, 0]);
  });
});
