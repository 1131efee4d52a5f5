import { join } from 'node:path';
import type { BlobStore } from '@quinistry/oci-image';
import { describe, expect, it, vi } from 'vitest';
import { startServer } from '../node-server.js';
import { ScratchBlobStore } from '../storage/directory/scratch-blob-store.js';
import { StorageError } from '../storage/storage-error.js';
import { openRaw } from '../testing/raw-connection.js';
import { CommandRun } from './testing/command-run.js';
import { pushImage } from './testing/http-push.js';
import { type CommandRunContext, recordOf, serveCommands } from './testing/served-commands.js';
import { buildTinyQuine } from './testing/tiny-quine.js';

const commands = serveCommands();
const { serve, writeText } = commands;

describe('quinistry serve --storage <directory>', () => {
  it('takes a push, serves it after a restart, and has the quine beside it', async () => {
    const first = await serve(['--storage', join(commands.folder, 'store')]);
    const { status, digest } = await pushImage(first.url);
    expect(status).toBe(201);
    first.run.kill('SIGTERM');
    expect(await first.run.status).toBe(0);
    const { url } = await serve(['--storage', join(commands.folder, 'store')]);
    const pulled = await fetch(`${url}/v2/team/app/manifests/v1`);
    expect(pulled.headers.get('Docker-Content-Digest')).toBe(digest);
    expect(await (await fetch(`${url}/v2/_catalog`)).json()).toEqual({ repositories: ['quinistry', 'team/app'] });
    expect((await fetch(`${url}/v2/quinistry/manifests/latest`)).status).toBe(200);
  });

  it('keeps what came of an upload when it is told to stop, and goes on from there after a restart', async () => {
    const hasty: CommandRunContext = {
      startServer: async (options) => {
        const server = await startServer(options);
        return { ...server, close: () => server.close({ timeoutMs: 50 }) };
      },
    };
    const first = await serve(['--storage', join(commands.folder, 'store')], hasty);
    const begun = await fetch(`${first.url}/v2/team/app/blobs/uploads/`, { method: 'POST' });
    const location = new URL(begun.headers.get('Location') ?? '', first.url).pathname;
    const head = [`PATCH ${location} HTTP/1.1`, 'Host: registry.test', 'Content-Length: 40000000', '', ''].join('\r\n');
    const socket = await openRaw(Number(new URL(first.url).port), head + 'x'.repeat(32_000_000));
    socket.on('error', () => {});
    // More than the sockets in between can hold, so the server has read some of it.
    await vi.waitFor(() => expect(socket.writableLength).toBe(0), { timeout: 20_000 });
    first.run.kill('SIGTERM');
    expect(await first.run.status).toBe(0);
    const second = await serve(['--storage', join(commands.folder, 'store')]);
    const { status, headers } = await fetch(`${second.url}${location}`);
    expect(status).toBe(204);
    expect(Number(headers.get('Range')?.replace('0-', ''))).toBeGreaterThan(0);
  });

  it('refuses a directory that another server has open, with one line and status 1', async () => {
    await serve(['--storage', join(commands.folder, 'store')]);
    const second = new CommandRun(['--port', '0', '--storage', join(commands.folder, 'store')]);
    expect(await second.status).toBe(1);
    expect(second.stderr).toMatch(/^quinistry: the store is in use by process \d+[^\n]*\n$/);
    expect(second.handlesSignals).toBe(false);
  });

  it.each(['notes', 'notes/store'])('says that %s cannot be used as a directory, and why', async (name) => {
    await writeText('notes', 'a file');
    const run = new CommandRun(['--port', '0', '--storage', join(commands.folder, name)]);
    expect(await run.status).toBe(1);
    const told = `quinistry: the directory ${join(commands.folder, name)} cannot be used: `;
    expect(run.stderr.slice(0, told.length)).toBe(told);
    expect(run.stderr).toMatch(/: ENOTDIR: not a directory, mkdir '[^\n]*'\n$/);
  });

  it('lets go of the directory where it cannot listen', async () => {
    const { url } = await serve([]);
    const { port } = new URL(url);
    const blocked = new CommandRun(['--port', port, '--storage', join(commands.folder, 'store')]);
    expect(await blocked.status).toBe(1);
    expect(blocked.stderr).toMatch(/the port is taken/);
    await serve(['--storage', join(commands.folder, 'store')]);
  });

  it('goes on serving where its own image cannot be built', async () => {
    const { run, url } = await serve(['--storage', 'memory'], {
      buildQuine: async () => {
        throw new Error('not on this system');
      },
    });
    expect(await recordOf(run, 'serving without the image of this server')).toMatchObject({ level: 'error' });
    expect((await pushImage(url)).status).toBe(201);
    expect((await fetch(`${url}/readyz`)).status).toBe(200);
    expect((await fetch(`${url}/v2/quinistry/manifests/latest`)).status).toBe(500);
  });

  it('keeps its own image beside the directory, and in memory where the disk has no room for it', async () => {
    const stores: (BlobStore | undefined)[] = [];
    const { url } = await serve(['--storage', join(commands.folder, 'store')], {
      async buildQuineApart({ store }) {
        stores.push(store);
        throw new StorageError('NO_SPACE', 'the disk is full');
      },
      async buildQuine({ store }) {
        stores.push(store);
        return buildTinyQuine();
      },
    });
    expect((await fetch(`${url}/v2/quinistry/manifests/latest`)).status).toBe(200);
    expect(stores).toEqual([expect.any(ScratchBlobStore), undefined]);
  });

  it('tells the story of a push, and of the garbage that it collects', async () => {
    const { run, url } = await serve([
      '--storage',
      'memory',
      '--gc-interval',
      '50ms',
      '--gc-grace',
      '2s',
      '--gc-untagged',
    ]);
    const { digest } = await pushImage(url);
    await fetch(`${url}/v2/team/app/manifests/v1`, { method: 'DELETE' });
    const collected = () => run.records.find(({ msg, count }) => msg === 'collected garbage' && Number(count) > 0);
    await vi.waitFor(() => expect(collected()).toMatchObject({ count: 3 }), { timeout: 20_000 });
    expect((await fetch(`${url}/v2/team/app/manifests/${digest}`)).status).toBe(404);
    expect(run.messages).toEqual(
      expect.arrayContaining(['receiving blob', 'accepting manifest', 'deleting tag', 'collected garbage']),
    );
  });
});
