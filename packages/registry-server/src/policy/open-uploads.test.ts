import { describe, expect, it } from 'vitest';
import { OpenUploads } from './open-uploads.js';

const listing = (sizes: Readonly<Record<string, number>>) => async () =>
  Object.entries(sizes).map(([session, size]) => ({ session, size }));

describe('OpenUploads', () => {
  it('adds up what comes into all of them, until they end', () => {
    const uploads = new OpenUploads();
    uploads.add('a', 10);
    uploads.add('b', 5);
    uploads.add('a', 10);
    expect(uploads.bytes).toBe(25);
    uploads.set('a', 0);
    uploads.set('a', 0);
    expect(uploads.bytes).toBe(5);
  });

  it('takes over which there are from a listing, and how far they are', async () => {
    const uploads = new OpenUploads();
    uploads.add('expired', 10);
    uploads.add('kept', 10);
    await uploads.recount(listing({ kept: 8, 'from before': 100, empty: 0 }));
    expect(uploads.bytes).toBe(108);
  });

  it('believes no listing on a session that changes meanwhile', async () => {
    const uploads = new OpenUploads();
    uploads.add('slow', 10);
    uploads.add('ended', 10);
    const leave = uploads.fill('slow');
    await uploads.recount(async () => {
      uploads.set('ended', 0);
      uploads.add('new', 3);
      uploads.fill('begun')();
      leave();
      return listing({ slow: 4, ended: 10, new: 1, begun: 7, other: 100 })();
    });
    expect(uploads.bytes).toBe(10 + 3 + 100);
    await uploads.recount(listing({ slow: 4, new: 1 }));
    expect(uploads.bytes).toBe(5);
  });

  it('does not take over the size of one session that bytes come into', async () => {
    const uploads = new OpenUploads();
    uploads.add('s', 10);
    await uploads.correct('s', async () => 8);
    expect(uploads.bytes).toBe(8);
    await uploads.correct('s', async () => {
      uploads.add('s', 1);
      return 8;
    });
    expect(uploads.bytes).toBe(9);
    const [leave, leaveOther] = [uploads.fill('s'), uploads.fill('s')];
    leaveOther();
    await uploads.correct('s', async () => 0);
    expect(uploads.bytes).toBe(9);
    leave();
    await uploads.correct('s', async () => 0);
    expect(uploads.bytes).toBe(0);
  });
});
