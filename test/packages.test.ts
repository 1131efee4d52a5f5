import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { pinnedPnpm } from '../scripts/bootstrap/bootstrap.js';

const execute = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const PACKAGES = ['oci-image', 'registry-server'] as const;

/** Installing and compiling take their time on a machine that does more at once. */
const SLOW_MS = 180_000;

let folder: string;
/** An empty project that has the packed packages as its dependencies. */
let project: string;

async function manifestOf(name: string): Promise<Record<string, unknown>> {
  return JSON.parse(await readFile(join(root, 'packages', name, 'package.json'), 'utf8'));
}

async function tarballOf(name: string): Promise<string> {
  return join(folder, `quinistry-${name}-${(await manifestOf(name)).version}.tgz`);
}

/** Runs a program of the project's own to its end. */
async function runInProject(name: string, text: string): Promise<string> {
  await writeFile(join(project, name), text);
  return (await execute(process.execPath, [name], { cwd: project })).stdout;
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quinistry-packages-'));
  await execute(process.execPath, ['scripts/build.js'], { cwd: root });
  await execute(
    'npx',
    ['--yes', pinnedPnpm(root), '--recursive', '--filter', './packages/*', 'pack', '--pack-destination', folder],
    { cwd: root },
  );
  project = join(folder, 'project');
  await mkdir(project);
  await writeFile(join(project, 'package.json'), '{ "private": true, "type": "module" }');
  const tarballs = await Promise.all(PACKAGES.map(tarballOf));
  await execute('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', ...tarballs], { cwd: project });
}, SLOW_MS);

afterAll(() => rm(folder, { recursive: true, force: true }));

describe.each(PACKAGES)('the packed package %s', (name) => {
  it('has nothing that publint objects to', async () => {
    const tarball = (await readFile(await tarballOf(name))).buffer as ArrayBuffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg))).toEqual([]);
  });

  it(
    'has types that are right for whoever imports it as an ES module',
    async () => {
      const attw = join(root, 'node_modules/.bin/attw');
      await execute(attw, ['--profile', 'esm-only', '--format', 'ascii', await tarballOf(name)]).catch(({ stdout }) => {
        expect.fail(stdout);
      });
    },
    SLOW_MS,
  );

  it('holds its licence and its README, and no test', async () => {
    const { stdout } = await execute('tar', ['-tzf', await tarballOf(name)]);
    const files = stdout.trim().split('\n');
    expect(files).toEqual(expect.arrayContaining(['package/LICENSE', 'package/README.md', 'package/src/index.ts']));
    // The suite for stores is an export, and its sources go with it as all others do.
    const own = files.filter((file) => !file.startsWith('package/src/storage/testing/'));
    expect(own.filter((file) => /\.test(-d)?\.ts$|\/(fixtures|vectors|testing)\//.test(file))).toEqual([]);
  });

  it('asks for the same Node.js as the repository, and for nothing from the workspace', async () => {
    const installed = JSON.parse(
      await readFile(join(project, 'node_modules/@quinistry', name, 'package.json'), 'utf8'),
    );
    const { engines } = JSON.parse(await readFile(join(root, 'package.json'), 'utf8'));
    expect(installed.engines).toEqual(engines);
    expect(JSON.stringify(installed.dependencies)).not.toContain('workspace:');
  });
});

describe('a project that installed the packed packages', () => {
  it('imports every subpath, and they share one OciError', async () => {
    const output = await runInProject(
      'use.js',
      `import { createImage, OciError } from '@quinistry/oci-image';
       import { parseDigest } from '@quinistry/oci-image/spec';
       import { nodeRuntimeEntries } from '@quinistry/oci-image/node';
       import { createRegistry } from '@quinistry/registry-server';
       try {
         parseDigest('sha256:short');
       } catch (error) {
         console.log(error instanceof OciError, error.code);
       }
       console.log(typeof createImage, typeof nodeRuntimeEntries, typeof createRegistry);`,
    );
    expect(output).toBe('true DIGEST_INVALID\nfunction function function\n');
  });

  it('has one copy of oci-image', async () => {
    const { stdout } = await execute('npm', ['ls', '@quinistry/oci-image', '--json'], { cwd: project });
    const { dependencies } = JSON.parse(stdout);
    expect(dependencies['@quinistry/registry-server'].dependencies['@quinistry/oci-image']).not.toHaveProperty(
      'overridden',
      true,
    );
    await expect(
      readFile(join(project, 'node_modules/@quinistry/registry-server/node_modules/@quinistry/oci-image/package.json')),
    ).rejects.toThrow('ENOENT');
  });

  it(
    'compiles against the installed types',
    async () => {
      await writeFile(
        join(project, 'use.ts'),
        `import { createImage, type ImageBuilder, OciError } from '@quinistry/oci-image';
       import { type Digest, parseDigest } from '@quinistry/oci-image/spec';
       import { readNodeRuntime } from '@quinistry/oci-image/node';
       import { createRegistry, type RegistryStorage } from '@quinistry/registry-server';
       export const builder: ImageBuilder<'docker'> = createImage({ family: 'docker', platform: 'linux/arm64' });
       export const digest: Digest = parseDigest('sha256:' + '0'.repeat(64));
       export const error: Error = new OciError('BLOB_UNKNOWN', '');
       export const runtime = readNodeRuntime();
       export const serve = (storage: RegistryStorage) => createRegistry({ storage }).fetch(new Request('http://a/v2/'));
       // @ts-expect-error A string is not a digest until it has been parsed.
       export const wrong: Digest = 'sha256:0';
      `,
      );
      await writeFile(
        join(project, 'tsconfig.json'),
        JSON.stringify({
          compilerOptions: {
            target: 'ES2022',
            lib: ['ES2023'],
            module: 'NodeNext',
            strict: true,
            exactOptionalPropertyTypes: true,
            noEmit: true,
            types: ['node'],
            typeRoots: [join(root, 'node_modules/@types')],
          },
          files: ['use.ts'],
        }),
      );
      const compiled = await execute(join(root, 'node_modules/.bin/tsc'), [], { cwd: project }).catch((error) => error);
      expect(compiled.stdout).toBe('');
    },
    SLOW_MS,
  );

  it('has the command quinistry', async () => {
    const { version } = await manifestOf('registry-server');
    const { stdout } = await execute('npx', ['--no-install', 'quinistry', '--version'], { cwd: project });
    expect(stdout).toBe(`${version}\n`);
  });

  it.runIf(process.platform === 'linux')('has a command that knows its own digest', async () => {
    const { stdout } = await execute('npx', ['--no-install', 'quinistry', 'digest'], { cwd: project });
    expect(stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
  });
});
