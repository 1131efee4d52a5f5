import { execFile, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { build } from 'tsup';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith, judge, root } from '../../test/judges.js';
import type { NodeRuntime } from './node-runtime.js';
import { readNodeRuntime } from './node-runtime.js';

const linux = judge('Linux', () => process.platform === 'linux');
const chroot = judge('chroot(8)', () => spawnSync('chroot', ['--version']).status === 0);

interface Listing {
  readonly versions: NodeJS.ProcessVersions;
  /** What the loader really mapped. */
  readonly sharedObjects: readonly string[];
  /** Path, permission bits and SHA-256 of each file. */
  readonly files: readonly (readonly [string, number, string])[];
}

/** Runs inside, where there is neither a shell nor anything else; /proc is missing, too. */
const SCRIPT = `
  const { readNodeRuntime } = require('/node-runtime.cjs');
  const sha256 = (path) => require('crypto').createHash('sha256').update(require('fs').readFileSync(path)).digest('hex');
  readNodeRuntime({ executable: '/usr/local/bin/node' }).then(({ files }) => console.log(JSON.stringify({
    versions: process.versions,
    sharedObjects: process.report.getReport().sharedObjects,
    files: files.map(({ path, source, mode }) => [path, mode, sha256(source)]),
  })));
`;

describeWith([linux, root, chroot], 'a root that holds the files of readNodeRuntime and nothing else', () => {
  let directory: string;
  let runtime: NodeRuntime;
  let inside: Listing;

  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'chroot-'));
    runtime = await readNodeRuntime();
    for (const { path, source, mode } of runtime.files) {
      const target = join(directory, path);
      await mkdir(dirname(target), { recursive: true });
      await copyFile(source, target);
      await chmod(target, mode);
    }
    await build({
      config: false,
      entry: { 'node-runtime': fileURLToPath(new URL('./index.ts', import.meta.url)) },
      outDir: directory,
      clean: false,
      format: 'cjs',
      target: 'node20',
      noExternal: [/./],
      silent: true,
    });
    const command = [directory, runtime.executable, '-e', SCRIPT];
    const { stdout } = await promisify(execFile)('chroot', command, { env: { PATH: process.env.PATH } });
    inside = JSON.parse(stdout);
  });
  afterAll(() => rm(directory, { recursive: true }));

  it('runs the same Node.js', () => {
    expect(inside.versions).toEqual(process.versions);
  });

  it('has every shared object where the loader finds it', () => {
    const mapped = inside.sharedObjects.filter((path) => path.startsWith('/'));
    expect(runtime.files.map(({ path }) => path)).toEqual(expect.arrayContaining(mapped));
  });

  it('is read from inside as the same paths, modes and bytes', async () => {
    const outside = runtime.files.map(async ({ path, mode, content }) => {
      const hash = createHash('sha256');
      for await (const chunk of content.open()) hash.update(chunk);
      return [path, mode, hash.digest('hex')];
    });
    expect(inside.files).toEqual(await Promise.all(outside));
  });
});
