import { mkdir, mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { bootstrap, EVERYTHING, TO_START } from './bootstrap.js';
import { RunError } from './run.js';

let root: string;
/** What was run since the last look: `install`, `bundle` and `build`, in order. */
let ran: string[];

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, path)), { recursive: true });
  await writeFile(join(root, path), text);
}

/** Stands in for npx: makes what pnpm would make, and keeps count. */
async function run(_command: string, args: readonly string[]): Promise<void> {
  const step = ['install', 'bundle', 'build'].find((name) => args.includes(name)) ?? 'nothing known';
  ran.push(step);
  if (step === 'install') {
    await write('node_modules/.modules.yaml', '');
    await write('node_modules/.pnpm/lock.yaml', '');
    await mkdir(join(root, 'packages/a/node_modules'), { recursive: true });
  } else if (step === 'bundle') {
    await write('packages/registry-server/dist/quinistry.mjs', 'bundled');
  } else {
    await write('packages/a/dist/index.js', 'built');
  }
}

async function start(options: Parameters<typeof bootstrap>[2] = {}): Promise<string[]> {
  ran = [];
  await bootstrap(root, EVERYTHING, { run, tell: () => {}, ...options });
  return ran;
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-bootstrap-'));
  onTestFinished(() => rm(root, { recursive: true }));
  await write('package.json', '{ "packageManager": "pnpm@1.2.3" }');
  await write('pnpm-lock.yaml', 'lock');
  await write('pnpm-workspace.yaml', 'workspace');
  await write('packages/a/package.json', '{}');
  await write('packages/registry-server/package.json', '{}');
  await write('packages/a/src/index.ts', 'source');
  await write('packages/a/src/index.test.ts', 'test');
});

describe('bootstrap', () => {
  it('installs and builds in a clean clone, with the pinned pnpm', async () => {
    const commands: string[] = [];
    await start({
      run: (command, args) => {
        commands.push([command, ...args.slice(0, 2)].join(' '));
        return run(command, args);
      },
    });
    expect(ran).toEqual(['install', 'bundle', 'build']);
    expect(new Set(commands)).toEqual(new Set(['npx --yes pnpm@1.2.3']));
  });

  it('does nothing the second time', async () => {
    await start();
    expect(await start()).toEqual([]);
  });

  it('does nothing when a checkout changed modification times alone', async () => {
    await start();
    await utimes(join(root, 'packages/a/src/index.ts'), new Date(0), new Date(0));
    expect(await start()).toEqual([]);
  });

  it.each([
    ['a source changed', () => write('packages/a/src/index.ts', 'edited')],
    ['a source was added', () => write('packages/a/src/more.ts', 'source')],
    ['a source was removed', () => rm(join(root, 'packages/a/src/index.ts'))],
    ['the configuration of the build changed', () => write('packages/a/tsup.config.ts', 'config')],
  ])('builds both again when %s', async (_what, change) => {
    await start();
    await change();
    expect(await start()).toEqual(['bundle', 'build']);
    expect(await start()).toEqual([]);
  });

  it.each([
    ['dist is gone', () => rm(join(root, 'packages/a/dist'), { recursive: true })],
    ['a file in dist is gone', () => rm(join(root, 'packages/a/dist/index.js'))],
    ['a file in dist is another', () => write('packages/a/dist/index.js', 'built by hand')],
  ])('builds the packages again when %s', async (_what, change) => {
    await start();
    await change();
    expect(await start()).toEqual(['build']);
    expect(await start()).toEqual([]);
  });

  it('builds the command alone when it is gone, and for a start', async () => {
    await start();
    await rm(join(root, 'packages/registry-server/dist/quinistry.mjs'));
    expect(await start()).toEqual(['bundle']);
    await write('packages/a/src/index.ts', 'edited');
    ran = [];
    await bootstrap(root, TO_START, { run, tell: () => {} });
    expect(ran).toEqual(['bundle']);
  });

  it('does not build again when a test changed', async () => {
    await start();
    await write('packages/a/src/index.test.ts', 'edited');
    expect(await start()).toEqual([]);
  });

  it.each([
    ['the lock file changed', () => write('pnpm-lock.yaml', 'edited')],
    ['a package.json changed', () => write('packages/a/package.json', '{ "version": "2.0.0" }')],
  ])('installs and builds again when %s', async (_what, change) => {
    await start();
    await change();
    expect(await start()).toEqual(['install', 'bundle', 'build']);
  });

  it('installs again when node_modules is gone', async () => {
    await start();
    await rm(join(root, 'node_modules'), { recursive: true });
    expect(await start()).toEqual(['install']);
  });

  it('builds again what was edited while it was built', async () => {
    await start({
      run: async (command, args) => {
        await run(command, args);
        if (args.includes('build')) await write('packages/a/src/index.ts', 'edited meanwhile');
      },
    });
    expect(await start()).toEqual(['bundle', 'build']);
  });

  it('starts over after a step that failed or was interrupted', async () => {
    const broken = async (command: string, args: readonly string[]) => {
      await run(command, args);
      if (args.includes('build')) throw new RunError('exit status 3', 3, 'src/index.ts(1,1): error');
    };
    await expect(start({ run: broken })).rejects.toMatchObject({
      message: 'Could not build the packages. (exit status 3)',
      exitStatus: 3,
      output: 'src/index.ts(1,1): error',
    });
    expect(await start()).toEqual(['build']);
  });

  it('lets two at once take turns, and the second finds the work done', async () => {
    const told: string[] = [];
    const slow = async (command: string, args: readonly string[]) => {
      await new Promise((resolve) => setTimeout(resolve, 20));
      await run(command, args);
    };
    ran = [];
    await Promise.all([1, 2].map(() => bootstrap(root, EVERYTHING, { run: slow, tell: (line) => told.push(line) })));
    expect(ran).toEqual(['install', 'bundle', 'build']);
    expect(told).toContain('Waiting for another process that installs or builds here …');
    expect(await readdir(join(root, '.cache/bootstrap'))).toEqual(['bundle', 'install', 'library']);
  });
});
