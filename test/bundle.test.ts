import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeWith, judge } from '../packages/oci-image/test/judges.js';
import { bootstrap, TO_START } from '../scripts/bootstrap/bootstrap.js';
import { nodeExecutable, nodeVersions } from '../scripts/node-versions.js';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const NOT_COPIED = new Set(['.git', '.cache', 'node_modules', 'dist']);
const INSTALL_MS = 180_000;

/** Another clone of the repository, deeper in the file system and with a dependency folder of its own. */
let clone: string;

function readBundle(folder: string, name = 'quinistry.mjs'): Promise<string> {
  return readFile(join(folder, 'packages/registry-server/dist', name), 'utf8');
}

beforeAll(async () => {
  clone = join(await mkdtemp(join(tmpdir(), 'quinistry-bundle-')), 'some/where/else');
  await cp(root, clone, { recursive: true, filter: (path) => !NOT_COPIED.has(basename(path)) });
  await bootstrap(root, TO_START, { tell: () => {} });
  await bootstrap(clone, TO_START, { tell: () => {} });
}, INSTALL_MS);

afterAll(() => rm(join(clone, '../../..'), { recursive: true, force: true }));

describe('the bundle of the command', () => {
  it('has the same bytes from another folder', async () => {
    expect((await readBundle(clone)) === (await readBundle(root))).toBe(true);
    expect(await readBundle(clone, 'LICENSES.txt')).toBe(await readBundle(root, 'LICENSES.txt'));
  });

  it('names no folder of the machine', async () => {
    const bundle = await readBundle(root);
    for (const folder of [root, tmpdir(), process.env.HOME ?? root]) {
      if (folder !== '/') expect(bundle.includes(`${folder}/`)).toBe(false);
    }
  });

  it('comes with the licence of whatever is in it', async () => {
    const bundled = new Set(
      [...(await readBundle(root)).matchAll(/node_modules\/((?:@[\w.-]+\/)?\w[\w.-]*)\//g)].map(([, name]) => name),
    );
    const licences = await readBundle(root, 'LICENSES.txt');
    expect(bundled.size).toBeGreaterThan(0);
    for (const name of bundled) expect(licences).toMatch(new RegExp(`^${name} \\d`, 'm'));
  });

  it('needs nothing beside itself', async () => {
    const alone = await mkdtemp(join(tmpdir(), 'quinistry-alone-'));
    try {
      await cp(join(root, 'packages/registry-server/dist/quinistry.mjs'), join(alone, 'quinistry.mjs'));
      const { version } = JSON.parse(await readFile(join(root, 'packages/registry-server/package.json'), 'utf8'));
      expect((await execute(process.execPath, ['quinistry.mjs', '--version'], { cwd: alone })).stdout).toBe(
        `${version}\n`,
      );
    } finally {
      await rm(alone, { recursive: true });
    }
  });
});

for (const major of [22, 24, 26] as const) {
  const node = judge(`Node.js ${nodeVersions[major]}`, () => existsSync(nodeExecutable(major)));
  describeWith([node], `the bundle of the command, built with Node.js ${major}`, () => {
    it('has the same bytes', async () => {
      await rm(join(clone, 'packages/registry-server/dist/quinistry.mjs'), { force: true });
      await execute(
        nodeExecutable(major),
        [join(clone, 'node_modules/tsup/dist/cli-default.js'), '--config', 'tsup.bundle.config.ts'],
        {
          cwd: join(clone, 'packages/registry-server'),
        },
      );
      expect((await readBundle(clone)) === (await readBundle(root))).toBe(true);
    });
  });
}
