/**
 * The digest of the quine depends on the executable, on what it loads, and on the bundle. Each test here changes one thing
 * that must not matter. Without `npm test`, run `npm run build` first: this is about the bundle that ships.
 */
import { execFile, spawnSync } from 'node:child_process';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { digestOf } from '@quinistry/oci-image';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, describeWith, judge, root } from '../../oci-image/test/judges.js';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
const DIST = fileURLToPath(new URL('../dist', import.meta.url));
const NOBODY = 65534;

const runFile = promisify(execFile);

let directory: string;
let expected: string;

interface Circumstances {
  readonly bundle?: string;
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  readonly uid?: number;
  readonly gid?: number;
  /** A program, with its arguments, that runs the rest of its command line. */
  readonly through?: readonly string[];
}

async function printDigest(circumstances: Circumstances = {}): Promise<string> {
  const { bundle = DIST, env, through = [], ...options } = circumstances;
  const [file = process.execPath, ...args] = [...through, process.execPath, join(bundle, 'quinistry.mjs'), 'digest'];
  const { stdout } = await runFile(file, args, { ...options, env: { ...process.env, ...env } });
  return stdout;
}

beforeAll(async () => {
  // Open to everybody, because one of the tests is another user.
  directory = await mkdtemp(join(tmpdir(), 'reproducible-'));
  spawnSync('chmod', ['755', directory]);
  expected = await printDigest();
  expect(expected).toMatch(/^sha256:[0-9a-f]{64}\n$/);
});
afterAll(() => rm(directory, { recursive: true }));

describe('quinistry digest', () => {
  it('is the same when it builds the image again', async () => {
    expect(await printDigest()).toBe(expected);
  });

  it('is the same from another folder, working directory and home', async () => {
    const bundle = join(directory, 'another/folder');
    await cp(DIST, bundle, { recursive: true });
    const home = join(directory, 'home');
    await mkdir(home);
    expect(await printDigest({ bundle, cwd: home, env: { HOME: home } })).toBe(expected);
  });

  it('is the same under umask 077, from files with other modes and times', async () => {
    const bundle = join(directory, 'private');
    spawnSync('sh', ['-c', 'umask 077 && cp -r "$0" "$1"', DIST, bundle]);
    await utimes(join(bundle, 'quinistry.mjs'), 1, 1);
    expect((await stat(join(bundle, 'LICENSES.txt'))).mode & 0o777).toBe(0o600);
    expect(await printDigest({ bundle, through: ['sh', '-c', 'umask 077 && exec "$0" "$@"'] })).toBe(expected);
  });

  it.each([
    { TZ: 'Pacific/Kiritimati' },
    { LC_ALL: 'tr_TR.UTF-8' }, // where "i" is not the small "I"
    { SOURCE_DATE_EPOCH: '1' },
    { UV_THREADPOOL_SIZE: '8' },
  ])('is the same with %o', async (env) => {
    expect(await printDigest({ env })).toBe(expected);
  });
});

describeWith([command('taskset', ['-c', '0', 'true'])], 'quinistry digest, on one core and with one thread', () => {
  it('is the same', async () => {
    const env = { UV_THREADPOOL_SIZE: '1' };
    expect(await printDigest({ through: ['taskset', '-c', '0'], env })).toBe(expected);
  });
});

const nobody = judge(`a Node.js that user ${NOBODY} may run`, () => {
  return spawnSync(process.execPath, ['--version'], { uid: NOBODY, gid: NOBODY }).status === 0;
});

describeWith([root, nobody], 'quinistry digest, as another user', () => {
  it('is the same', async () => {
    const bundle = join(directory, 'public');
    await cp(DIST, bundle, { recursive: true });
    expect(await printDigest({ bundle, cwd: '/', uid: NOBODY, gid: NOBODY })).toBe(expected);
  });
});

describe('the bundle', () => {
  it('has the same bytes when it is built again, in another folder, time zone and locale', async () => {
    const here = await buildBundle('here');
    // Beside the first, because the dependencies stay where they are and esbuild names them by their relative path.
    const elsewhere = await buildBundle('elsewhere', {
      TZ: 'Pacific/Kiritimati',
      LC_ALL: 'sv_SE.UTF-8',
      SOURCE_DATE_EPOCH: '1',
    });
    expect(elsewhere).toEqual(here);
  });
});

/** Builds the bundle from a copy of the sources, beside the dependencies that are installed. */
async function buildBundle(name: string, env: NodeJS.ProcessEnv = {}): Promise<Record<string, string>> {
  const copy = join(directory, name);
  const server = join(copy, 'packages/registry-server');
  for (const path of [
    'packages/oci-image',
    'packages/registry-server',
    'scripts',
    'tsconfig.json',
    'tsconfig.base.json',
  ]) {
    await cp(join(REPOSITORY, path), join(copy, path), { recursive: true, filter: isSource });
  }
  for (const folder of ['.', 'packages/oci-image', 'packages/registry-server']) await linkDependencies(copy, folder);
  const tsup = join(REPOSITORY, 'node_modules/tsup/dist/cli-default.js');
  await runFile(process.execPath, [tsup, '--config', 'tsup.bundle.config.ts'], {
    cwd: server,
    env: { ...process.env, ...env },
  });
  const digests: Record<string, string> = {};
  for (const file of ['quinistry.mjs', 'LICENSES.txt']) {
    digests[file] = digestOf(await readFile(join(server, 'dist', file)));
  }
  return digests;
}

function isSource(path: string): boolean {
  return !/\/(node_modules|dist)$/.test(path);
}

/** Everything that is installed, but our own packages from the copy. */
async function linkDependencies(copy: string, folder: string): Promise<void> {
  const installed = join(REPOSITORY, folder, 'node_modules');
  const linked = join(copy, folder, 'node_modules');
  await mkdir(linked);
  for (const name of await readdir(installed)) {
    if (name !== '@quinistry') await symlink(join(installed, name), join(linked, name));
  }
  await mkdir(join(linked, '@quinistry'));
  await symlink(join(copy, 'packages/oci-image'), join(linked, '@quinistry/oci-image'));
}
