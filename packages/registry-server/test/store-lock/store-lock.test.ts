/** One directory, and several processes that want it. */
import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { hostname, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { promisify } from 'node:util';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { command, describeWith, root } from '../../../oci-image/test/judges.js';
import { bundleStore, StoreProcess } from './store-process.js';

const RACERS = 8;
const ROUNDS = 10;

let folder: string;
let program: string;
let directory: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'store-lock-'));
  program = await bundleStore(join(folder, 'program'));
});

afterAll(() => rm(folder, { recursive: true }));

beforeEach(async () => {
  directory = await mkdtemp(join(folder, 'registry-'));
});

function start(wrapper: readonly string[] = [], path = directory): StoreProcess {
  const started = new StoreProcess(program, path, wrapper);
  onTestFinished(() => started.kill());
  return started;
}

/** A path with more bytes than a socket's path can have. */
async function makeDeep(): Promise<string> {
  const deep = join(directory, ...Array(8).fill('a-name-of-some-length'));
  await mkdir(deep, { recursive: true });
  return deep;
}

const OPEN = { outcome: 'open', warnings: [] };

describe('a store that another process has open', () => {
  it('is refused, and that process is named; closed, it can be opened', async () => {
    const owner = start();
    const other = start();
    expect(await owner.open()).toEqual(OPEN);
    expect(await other.open()).toMatchObject({
      outcome: 'in use',
      message: expect.stringContaining(`process ${owner.pid} on ${hostname()}`),
    });
    await owner.close();
    expect(await other.open()).toEqual(OPEN);
    expect(await owner.open()).toMatchObject({ outcome: 'in use' });
  });

  it('is taken over as soon as that process is killed', async () => {
    const owner = start();
    const other = start();
    await owner.open();
    expect(await other.open()).toMatchObject({ outcome: 'in use' });
    await owner.kill();
    expect(await other.open()).toEqual(OPEN);
  });

  it('is refused while that process is stopped, and after that', async () => {
    const owner = start();
    const other = start();
    await owner.open();
    owner.stop();
    expect(await other.open()).toMatchObject({
      outcome: 'in use',
      message: expect.stringContaining('a process that does not answer'),
    });
    owner.continue();
    expect(await other.open()).toMatchObject({ outcome: 'in use' });
  });

  it('is taken over where that process is killed while it is asked', async () => {
    const owner = start();
    const other = start();
    await owner.open();
    await other.close(); // so it runs by now
    owner.stop();
    const opening = other.open();
    await wait(500);
    await owner.kill();
    expect(await opening).toEqual(OPEN);
  });

  it('does not keep that process from ending', async () => {
    const { stdout } = await promisify(execFile)(process.execPath, [program, directory], { timeout: 20_000 });
    expect(JSON.parse(stdout)).toEqual(OPEN);
    expect(await start().open()).toEqual(OPEN);
  });

  it('is refused at a path that is too long for a socket, too', async () => {
    const deep = await makeDeep();
    const owner = start([], deep);
    expect(await owner.open()).toEqual(OPEN);
    expect(await start([], deep).open()).toMatchObject({
      outcome: 'in use',
      message: expect.stringContaining(`process ${owner.pid}`),
    });
    await owner.kill();
    expect(await start([], deep).open()).toEqual(OPEN);
  });
});

describe(`${RACERS} processes that want a store whose owner was killed`, () => {
  it('leave it to exactly one of them, every time', { timeout: 120_000 }, async () => {
    const racers = Array.from({ length: RACERS }, () => start());
    for (let round = 0; round < ROUNDS; round++) {
      const answers = await Promise.all(racers.map((racer) => racer.open()));
      const outcomes = answers.map(({ outcome }) => outcome);
      expect([...outcomes].sort()).toEqual([...Array(RACERS - 1).fill('in use'), 'open']);
      const winner = outcomes.indexOf('open');
      await racers[winner]?.kill();
      racers[winner] = start();
    }
  });
});

/** As in a container of its own: its number is 1, and it sees no other process. */
const CONTAINER = ['unshare', '--pid', '--fork', '--kill-child', '--mount-proc', '--net', '--uts'];
const namespaces = command('unshare', [...CONTAINER.slice(1), 'true']);

describeWith([root, namespaces], 'a store that a process of another PID and network namespace has open', () => {
  it('is refused, and the process is named by its number and its host there', async () => {
    const owner = start([...CONTAINER, 'sh', '-c', 'hostname one && exec "$@"', 'sh']);
    const other = start(CONTAINER);
    expect(await owner.open()).toEqual(OPEN);
    const refusal = { outcome: 'in use', message: expect.stringContaining('process 1 on one') };
    expect(await other.open()).toMatchObject(refusal);
    expect(await start().open()).toMatchObject(refusal);
  });

  it('is taken over as soon as that process is killed', async () => {
    const owner = start(CONTAINER);
    const other = start(CONTAINER);
    await owner.open();
    expect(await other.open()).toMatchObject({ outcome: 'in use' });
    await owner.kill();
    expect(await other.open()).toEqual(OPEN);
  });

  it('is refused there where a process out here has it open', async () => {
    const owner = start();
    await owner.open();
    expect(await start(CONTAINER).open()).toMatchObject({
      outcome: 'in use',
      message: expect.stringContaining(`process ${owner.pid}`),
    });
  });
});

/** Runs a program with a bind(2) that fails. */
function failingBind(error: string): readonly string[] {
  return ['strace', '-fqq', '-o/dev/null', '-e', 'trace=bind', '-e', `inject=bind:error=${error}`];
}
const strace = command('strace', [...failingBind('EPERM').slice(1), 'true']);

const WITHOUT_LOCK = {
  outcome: 'open',
  warnings: [expect.stringContaining('nothing keeps a second process from this store')],
};

describeWith([strace], 'a store in a file system that has no sockets', () => {
  it.each(['EPERM', 'EOPNOTSUPP', 'EINVAL'])('is opened, with a warning, where bind(2) answers %s', async (error) => {
    const opened = start(failingBind(error));
    expect(await opened.open()).toEqual(WITHOUT_LOCK);
    expect(await opened.close()).toMatchObject({ outcome: 'closed' });
  });

  it.each(['EACCES', 'EROFS'])('is not opened where bind(2) answers %s', async (error) => {
    expect(await start(failingBind(error)).open()).toMatchObject({
      outcome: 'failed',
      message: expect.stringContaining(error),
    });
  });
});

describeWith([root, namespaces], 'a store at a path that is too long for a socket, on a system without /proc', () => {
  it('is opened, with a warning', async () => {
    const withoutProc = ['unshare', '--mount', 'sh', '-c', 'mount -t tmpfs none /proc && exec "$@"', 'sh'];
    expect(await start(withoutProc).open()).toEqual(OPEN);
    expect(await start(withoutProc, await makeDeep()).open()).toEqual(WITHOUT_LOCK);
  });
});
