import { appendFile, chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '@quinistry/oci-image';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { openDirectoryStore } from '../storage/directory/directory-store.js';
import { blobOf, imageOf } from '../storage/testing/sample-content.js';
import { CommandRun } from './testing/command-run.js';

const BYTES = new TextEncoder().encode('nobody names me');
const DIGEST = digestOf(BYTES);

let store: string;

/** A store with one blob that nothing refers to. */
beforeEach(async () => {
  store = await mkdtemp(join(tmpdir(), 'quinistry-store-'));
  const open = await openDirectoryStore(store);
  const { session } = await open.createUpload('team/app');
  await open.appendUpload(
    'team/app',
    session,
    (async function* () {
      yield BYTES;
    })(),
  );
  await open.finishUpload('team/app', session, DIGEST);
  await open.close();
});

afterEach(() => rm(store, { recursive: true }));

async function blobs(): Promise<string[]> {
  return readdir(join(store, 'team/app/blobs/sha256'));
}

describe('quinistry gc <directory>', () => {
  it('removes what nothing refers to, and reports what that freed', async () => {
    const run = new CommandRun(['gc', store, '--grace', '0s']);
    expect(await run.status).toBe(0);
    expect(run.stdout).toBe(
      `blob       15 bytes  team/app  ${DIGEST}\n1 blob, 0 manifests, 0 uploads: 15 bytes freed\n`,
    );
    expect(run.handlesSignals).toBe(false);
    expect(await readdir(store)).not.toContain('team');
  });

  it('with --dry-run reports the same, and removes nothing', async () => {
    const run = new CommandRun(['gc', store, '--grace', '0s', '--dry-run']);
    expect(await run.status).toBe(0);
    expect(run.stdout).toMatch(/15 bytes would be freed\n$/);
    expect(await blobs()).toHaveLength(1);
  });

  it('leaves alone what is younger than the grace period, which is an hour', async () => {
    const run = new CommandRun(['gc', store]);
    expect(await run.status).toBe(0);
    expect(run.stdout).toBe('0 blobs, 0 manifests, 0 uploads: 0 bytes freed\n');
    expect(await blobs()).toHaveLength(1);
  });

  it('with --format json prints one object a line', async () => {
    const run = new CommandRun(['gc', store, '--grace', '0s', '--format', 'json']);
    expect(await run.status).toBe(0);
    expect(run.records).toEqual([
      { kind: 'blob', repository: 'team/app', name: DIGEST, size: 15 },
      { total: { blobs: 1, manifests: 0, uploads: 0, bytes: 15, dryRun: false } },
    ]);
  });

  it('refuses a directory that a server has open, with one line and status 1', async () => {
    const open = await openDirectoryStore(store);
    try {
      const run = new CommandRun(['gc', store, '--grace', '0s']);
      expect(await run.status).toBe(1);
      expect(run.stderr).toMatch(/^quinistry: the store is in use by process \d+[^\n]*\n$/);
      expect(await blobs()).toHaveLength(1);
    } finally {
      await open.close();
    }
  });

  it('says so where a server may have it open and nothing tells', async () => {
    const refusal = Object.assign(new Error('listen EPERM'), { code: 'EPERM' });
    const listening = vi.spyOn(Server.prototype, 'listen').mockImplementation(() => {
      throw refusal;
    });
    onTestFinished(() => listening.mockRestore());
    const run = new CommandRun(['gc', store]);
    expect(await run.status).toBe(0);
    expect(run.stderr).toMatch(/^quinistry: nothing keeps a second process from this store[^\n]*\n$/);
  });
});

describe('quinistry verify <directory>', () => {
  it('says that nothing is wrong, with status 0, also while a server has it open', async () => {
    const open = await openDirectoryStore(store);
    const run = new CommandRun(['verify', store]);
    expect(await run.status).toBe(0);
    expect(run.stdout).toBe('everything is as it should be in 1 repository\n');
    await open.close();
  });

  it('says how much it has looked at: a mount that is missing must not pass for a registry', async () => {
    const nothing = join(store, 'nothing');
    await mkdir(nothing);
    const run = new CommandRun(['verify', nothing]);
    expect(await run.status).toBe(0);
    expect(run.stdout).toBe('everything is as it should be in 0 repositories\n');
    const json = new CommandRun(['verify', nothing, '--format', 'json']);
    expect(await json.status).toBe(0);
    expect(json.records).toEqual([{ total: { findings: 0, repositories: 0 } }]);
  });

  it('names what is wrong, with status 1', async () => {
    const [name = ''] = await blobs();
    const path = `team/app/blobs/sha256/${name}`;
    await chmod(join(store, path), 0o644);
    await appendFile(join(store, path), 'x');
    const run = new CommandRun(['verify', store]);
    expect(await run.status).toBe(1);
    expect(run.stdout).toMatch(new RegExp(`^${path}: hashes to sha256:\\w+; expected ${DIGEST}\n1 thing is wrong\n$`));
    const json = new CommandRun(['verify', store, '--format', 'json']);
    expect(await json.status).toBe(1);
    expect(json.records).toEqual([
      { path, problem: expect.stringContaining('hashes to'), expected: DIGEST },
      { total: { findings: 1, repositories: 1 } },
    ]);
  });

  it('with --sparse takes nothing amiss that serve --sparse lets in', async () => {
    const open = await openDirectoryStore(store);
    await open.writeManifest('team/app', imageOf([blobOf('absent')]), { sparse: true });
    await open.close();
    const strict = new CommandRun(['verify', store]);
    expect(await strict.status).toBe(1);
    expect(strict.stdout).toMatch(/is missing.*\n1 thing is wrong\n$/);
    const run = new CommandRun(['verify', store, '--sparse']);
    expect(await run.status).toBe(0);
    expect(run.stdout).toBe('everything is as it should be in 1 repository\n');
  });
});

describe.each(['gc', 'verify'])('quinistry %s', (command) => {
  it('takes a typing error for no empty registry: it makes nothing, and ends with status 2', async () => {
    const missing = join(store, 'tema');
    const run = new CommandRun([command, missing]);
    expect(await run.status).toBe(2);
    expect(run.stderr).toBe(`quinistry: the directory ${missing} cannot be read: ENOENT; see quinistry --help\n`);
    expect(await readdir(store)).not.toContain('tema');
  });
});
