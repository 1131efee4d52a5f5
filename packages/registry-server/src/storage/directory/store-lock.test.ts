import { once } from 'node:events';
import { mkdtemp, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { acquireStoreLock } from './store-lock.js';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'quinistry-lock-'));
});

afterEach(() => rm(directory, { recursive: true }));

function acquire(path = directory): Promise<() => Promise<void>> {
  return acquireStoreLock(path, {
    onWarning: (message, cause) => {
      throw new Error(message, { cause });
    },
  });
}

/** Somebody who claims the store, and is as well-behaved as `answer` is. */
async function listenAs(name: string, answer: (peer: Socket) => void): Promise<Server> {
  const peers = new Set<Socket>();
  const server = createServer((peer) => {
    peers.add(peer.on('error', () => {}));
    answer(peer);
  });
  await once(server.listen(join(directory, name)), 'listening');
  onTestFinished(() => {
    server.close();
    for (const peer of peers) peer.destroy();
  });
  return server;
}

/** What a process leaves behind that is killed. */
async function leaveDead(name: string): Promise<void> {
  const server = await listenAs('for-now', () => {});
  await rename(join(directory, 'for-now'), join(directory, name));
  server.close();
}

const CONTENDER = `${JSON.stringify({ role: 'contender', pid: 7, host: 'elsewhere' })}\n`;
const FIRST = '0'.repeat(16);
const LAST = 'f'.repeat(16);

describe('acquireStoreLock', () => {
  it('is free again once it was let go of, and leaves nothing behind', async () => {
    const release = await acquire();
    await expect(acquire()).rejects.toMatchObject({ code: 'STORE_IN_USE' });
    await release();
    await (await acquire())();
    expect(await readdir(directory)).toEqual([]);
  });

  it('names the process that has it, its machine, and what it holds', async () => {
    const release = await acquire();
    const [name = ''] = await readdir(directory);
    await expect(acquire()).rejects.toThrow(
      `the store is in use by process ${process.pid} on ${hostname()}, which holds ${join(directory, name)}`,
    );
    await release();
  });

  it('is had by exactly one of sixteen who want it at once', async () => {
    for (let round = 0; round < 20; round++) {
      if (round % 2 === 1) await leaveDead(FIRST);
      const outcomes = await Promise.allSettled(Array.from({ length: 16 }, () => acquire()));
      const winners = outcomes.filter((outcome) => outcome.status === 'fulfilled');
      const reasons = outcomes.filter((outcome) => outcome.status === 'rejected').map(({ reason }) => reason.code);
      expect(reasons).toEqual(Array(15).fill('STORE_IN_USE'));
      expect(await readdir(directory)).toHaveLength(1);
      for (const { value: release } of winners) await release();
    }
  });

  it('takes over from the dead, also from those who died before they announced themselves', async () => {
    for (const name of [FIRST, LAST, `new-${FIRST}`]) await leaveDead(name);
    const release = await acquire();
    expect(await readdir(directory)).toEqual([expect.not.stringMatching(/^(0+|f+)$/)]);
    await release();
  });

  it('leaves alone what is no claim', async () => {
    await leaveDead('a-socket-of-somebody-else');
    await writeFile(join(directory, 'notes'), '');
    await (await acquire())();
    expect((await readdir(directory)).sort()).toEqual(['a-socket-of-somebody-else', 'notes']);
  });

  it('lets other users see whether it is held', async () => {
    const release = await acquire();
    const [name = ''] = await readdir(directory);
    expect((await stat(join(directory, name))).mode & 0o666).toBe(0o666);
    await release();
  });

  it.each([FIRST, LAST])('waits for a contender, here %s, that gives up', async (name) => {
    const rival = await listenAs(name, (peer) => peer.end(CONTENDER));
    const acquiring = acquire();
    await wait(200);
    rival.close();
    await (await acquiring)();
  });

  it('gives up on a contender that does not, and names it', async () => {
    await listenAs(LAST, (peer) => peer.end(CONTENDER));
    await expect(acquire()).rejects.toThrow(/in use by process 7 on elsewhere, which holds .*f{16}$/);
    expect(await readdir(directory)).toEqual([LAST]);
  });

  it('takes no notice of one that withdraws while it is asked', async () => {
    const rival = await listenAs(FIRST, (peer) => {
      rival.close();
      peer.destroy();
    });
    await (await acquire())();
  });

  it.each([
    ['says nothing', () => {}],
    ['says something else', (peer: Socket) => peer.end('{"role":"guest"}\n')],
    ['does not stop', (peer: Socket) => peer.end('x'.repeat(100_000))],
  ])('takes a process that %s for one that has it', async (_, answer) => {
    await listenAs(FIRST, answer);
    await expect(acquire()).rejects.toMatchObject({
      code: 'STORE_IN_USE',
      message: expect.stringMatching(/a process that does not answer, which holds .*0{16}$/),
    });
  });

  it('is held whatever connects to it, and is done with each at once', async () => {
    const release = await acquire();
    const [name = ''] = await readdir(directory);
    const ends = Array.from({ length: 200 }, () => {
      const peer = connect(join(directory, name)).on('error', () => {});
      peer.write('x'.repeat(1_000_000));
      return new Promise((resolve) => peer.on('close', resolve));
    });
    await Promise.all(ends);
    await expect(acquire()).rejects.toThrow(`process ${process.pid}`);
    await release();
  });
});
