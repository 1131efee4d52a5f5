import { describe, expect, it } from 'vitest';
import { STALE_UPLOAD_MS, UploadLedger } from './upload-ledger.js';

const create = (session: string) => async () => ({ session });

describe('UploadLedger', () => {
  it('admits who began a session, and nobody else', async () => {
    const ledger = new UploadLedger(10);
    await ledger.start('alice', create('s'));
    expect([ledger.admits('s', 'alice'), ledger.admits('s', 'bob'), ledger.admits('s', undefined)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('gives a session that it does not know to the first who goes on with it', () => {
    const ledger = new UploadLedger(10);
    expect(ledger.admits('s', 'alice')).toBe(true);
    ledger.touch('s', 'alice');
    expect(ledger.admits('s', 'bob')).toBe(false);
  });

  it('counts a session no longer that nobody has touched for long', async () => {
    let now = 0;
    const ledger = new UploadLedger(1, () => now);
    await ledger.start('alice', create('s'));
    await expect(ledger.start('bob', create('t'))).rejects.toMatchObject({ code: 'TOO_MANY_UPLOADS' });
    now = STALE_UPLOAD_MS - 1;
    ledger.touch('s', 'alice');
    now = 2 * STALE_UPLOAD_MS - 2;
    await expect(ledger.start('bob', create('t'))).rejects.toMatchObject({ code: 'TOO_MANY_UPLOADS' });
    now = 2 * STALE_UPLOAD_MS;
    await expect(ledger.start('bob', create('t'))).resolves.toEqual({ session: 't' });
  });

  it('gives back the place of a session that could not be begun', async () => {
    const ledger = new UploadLedger(1);
    await expect(ledger.start('alice', () => Promise.reject(new Error('disk')))).rejects.toThrow('disk');
    await expect(ledger.start('alice', create('s'))).resolves.toBeDefined();
  });
});
