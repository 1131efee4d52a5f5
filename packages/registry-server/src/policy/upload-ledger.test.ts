import { describe, expect, it } from 'vitest';
import { STALE_UPLOAD_MS, type Uploader, UploadLedger } from './upload-ledger.js';

const create = (session: string) => async () => ({ session });
const uploader = (name: string | undefined): Uploader => ({ owner: name, client: name ?? 'nobody' });
const alice = uploader('alice');
const bob = uploader('bob');

function openLedger({ maxUploads = 10, maxUploadsPerClient = 10 } = {}) {
  const clock = { now: 0 };
  return { clock, ledger: new UploadLedger({ maxUploads, maxUploadsPerClient }, () => clock.now) };
}

describe('UploadLedger', () => {
  it('admits who began a session, and nobody else', async () => {
    const { ledger } = openLedger();
    await ledger.start(alice, create('s'));
    expect([ledger.admits('s', 'alice'), ledger.admits('s', 'bob'), ledger.admits('s', undefined)]).toEqual([
      true,
      false,
      false,
    ]);
  });

  it('gives a session that it does not know to the first who goes on with it', () => {
    const { ledger } = openLedger();
    expect(ledger.admits('s', 'alice')).toBe(true);
    ledger.touch('s', alice);
    expect(ledger.admits('s', 'bob')).toBe(false);
  });

  it.each([
    ['in all', { maxUploads: 1 }, bob, '1 uploads are open'],
    ['of one client', { maxUploadsPerClient: 1 }, alice, '1 uploads of this client are open'],
  ])('counts a session no longer, %s, that nobody has touched for long', async (_which, limits, next, message) => {
    const { ledger, clock } = openLedger(limits);
    const refused = { code: 'TOO_MANY_UPLOADS', message: expect.stringContaining(message) };
    await ledger.start(alice, create('s'));
    await expect(ledger.start(next, create('t'))).rejects.toMatchObject(refused);
    clock.now = STALE_UPLOAD_MS - 1;
    ledger.touch('s', alice);
    clock.now = 2 * STALE_UPLOAD_MS - 2;
    await expect(ledger.start(next, create('t'))).rejects.toMatchObject(refused);
    clock.now = 2 * STALE_UPLOAD_MS;
    await expect(ledger.start(next, create('t'))).resolves.toEqual({ session: 't' });
  });

  it('gives back the place of a session that could not be begun', async () => {
    const { ledger } = openLedger({ maxUploads: 1, maxUploadsPerClient: 1 });
    await expect(ledger.start(alice, () => Promise.reject(new Error('disk')))).rejects.toThrow('disk');
    await expect(ledger.start(alice, create('s'))).resolves.toBeDefined();
  });

  it('keeps a share for others, whatever one client has', async () => {
    const { ledger } = openLedger({ maxUploadsPerClient: 2 });
    const outcomes = await Promise.allSettled(['a', 'b', 'c', 'd'].map((name) => ledger.start(alice, create(name))));
    expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'rejected']);
    await expect(ledger.start(bob, create('e'))).resolves.toBeDefined();
    ledger.forget('a');
    ledger.forget('a');
    await expect(ledger.start(alice, create('f'))).resolves.toBeDefined();
    await expect(ledger.start(alice, create('g'))).rejects.toMatchObject({ code: 'TOO_MANY_UPLOADS' });
  });

  it('counts a session for who goes on with it, once however often', async () => {
    const { ledger } = openLedger({ maxUploadsPerClient: 2 });
    await ledger.start(alice, create('s'));
    for (let n = 0; n < 3; n++) ledger.touch('s', alice);
    ledger.touch('from before a restart', alice);
    await expect(ledger.start(alice, create('t'))).rejects.toMatchObject({ code: 'TOO_MANY_UPLOADS' });
    ledger.touch('s', { ...alice, client: 'elsewhere' });
    await expect(ledger.start(alice, create('t'))).resolves.toBeDefined();
  });
});
