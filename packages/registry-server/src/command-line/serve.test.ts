import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { type RunningServer, startServer } from '../node-server.js';
import type { Quine } from '../quine/build-quine.js';
import { STOP_DEADLINE_MS } from './serve.js';
import { CommandRun } from './testing/command-run.js';
import { buildTinyQuine } from './testing/tiny-quine.js';

const running: CommandRun[] = [];

function serve(args: readonly string[] = [], context: ConstructorParameters<typeof CommandRun>[1] = {}): CommandRun {
  const run = new CommandRun(['serve', '--port', '0', ...args], context);
  running.push(run);
  return run;
}

/** Waits until it listens. */
async function addressOf(run: CommandRun): Promise<string> {
  const { url } = await vi.waitFor(() => {
    const listening = run.records.find(({ msg }) => msg === 'listening');
    if (listening === undefined) throw new Error(`it does not listen: ${run.stdout}${run.stderr}`);
    return listening;
  });
  return String(url);
}

/** A build that ends when it is told to. */
function controlledBuild() {
  let finish: (quine: Quine) => void = () => {};
  let fail: (error: Error) => void = () => {};
  const quine = new Promise<Quine>((resolve, reject) => {
    finish = resolve;
    fail = reject;
  });
  return { buildQuine: () => quine, finish: async () => finish(await buildTinyQuine()), fail };
}

afterEach(async () => {
  for (const run of running.splice(0)) {
    run.kill('SIGTERM');
    await run.status;
  }
});

describe('quinistry serve', () => {
  it('tells the story of a pull, one JSON line an event', async () => {
    const run = serve();
    const url = await addressOf(run);
    await fetch(`${url}/v2/`);
    await (await fetch(`${url}/v2/quinistry/manifests/latest`)).arrayBuffer();
    const { config, layers } = (await buildTinyQuine()).images[0].manifest.value;
    for (const { digest } of [config, ...layers]) {
      await (await fetch(`${url}/v2/quinistry/blobs/${digest}`)).arrayBuffer();
    }
    await vi.waitFor(() => expect(run.messages).toContain('serving layer'));
    run.kill('SIGTERM');
    expect(await run.status).toBe(0);
    expect(run.messages).toEqual([
      'starting quinistry',
      'listening',
      'built the image',
      'acknowledging V2 API',
      'serving manifest',
      'serving config',
      'serving layer',
      'stopping',
    ]);
    expect(run.records[6]).toMatchObject({
      level: 'info',
      method: 'GET',
      target: `/v2/quinistry/blobs/${layers[0]?.digest}`,
      status: 200,
      bytes: layers[0]?.size,
      durationMs: expect.any(Number),
    });
    expect(run.stderr).toBe('');
  });

  it('answers GET /v2/ while the image is being built, and lets a request for the manifest wait', async () => {
    const build = controlledBuild();
    const run = serve([], { buildQuine: build.buildQuine });
    const url = await addressOf(run);
    const manifest = fetch(`${url}/v2/quinistry/manifests/latest`);
    expect((await fetch(`${url}/v2/`)).status).toBe(200);
    expect(run.messages).not.toContain('serving manifest');
    await build.finish();
    expect((await manifest).status).toBe(200);
  });

  it('says on a terminal how to pull, shows the building, and leaves no status line behind', async () => {
    let shown = '';
    const build = controlledBuild();
    const run = serve([], {
      stdout: { isTTY: true, write: (text) => (shown += text) },
      buildQuine: ({ onProgress }) => {
        onProgress?.({ step: 'runtime', bytes: 41_000_000, totalBytes: 100_000_000 });
        return build.buildQuine();
      },
    });
    await vi.waitFor(() => expect(shown).toMatch(/41% of the runtime, 100\.0 MB$/));
    expect(shown).toMatch(/try it: docker pull localhost:\d+\/quinistry:latest\n/);
    await build.finish();
    await vi.waitFor(() =>
      expect(shown).toMatch(/\r\u001b\[K\d\d:\d\d:\d\d {2}built the image {7}sha256:\w+ {2}.*ms\n$/),
    );
    run.kill('SIGINT');
    expect(await run.status).toBe(0);
    expect(shown).toMatch(/stopping +signal=SIGINT\n$/);
  });

  it('writes JSON lines on a terminal, and lines for people elsewhere, where that is asked for', async () => {
    let shown = '';
    serve(['--log-format', 'json'], { stdout: { isTTY: true, write: (text) => (shown += text) } });
    const pretty = serve(['--log-format', 'pretty']);
    await vi.waitFor(() => expect(shown).toMatch(/"msg":"built the image"\}\n$/));
    await vi.waitFor(() => expect(pretty.stdout).toContain('built the image'));
    expect(shown).not.toContain('\u001b');
    expect(pretty.stdout).not.toMatch(/[\u001b{]/);
  });

  it('keeps to itself what --log-level leaves out', async () => {
    let port = 0;
    const run = serve(['--log-level', 'warn'], {
      startServer: async (options) => {
        const server = await startServer(options);
        port = server.port;
        return server;
      },
    });
    await vi.waitFor(() => expect(port).toBeGreaterThan(0));
    await fetch(`http://127.0.0.1:${port}/v2/`);
    await fetch(`http://127.0.0.1:${port}/v2/quinistry/blobs/uploads/`, { method: 'POST' });
    expect(run.messages).toEqual(['refusing push']);
  });

  it('answers a port that is taken with one line and status 1', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    try {
      const { port } = other.address() as AddressInfo;
      let built = false;
      const run = new CommandRun(['--port', String(port)], {
        buildQuine: () => {
          built = true;
          return buildTinyQuine();
        },
      });
      expect(await run.status).toBe(1);
      expect(run.stderr).toMatch(/^quinistry: cannot listen on [^\n]*the port is taken[^\n]*\n$/);
      expect(run.messages).toEqual(['starting quinistry']);
      expect(built).toBe(false);
      expect(run.handlesSignals).toBe(false);
    } finally {
      other.close();
    }
  });

  it('answers an address of another machine with one line and status 1', async () => {
    const run = new CommandRun(['--host', '192.0.2.1', '--port', '0']); // RFC 5737: nobody has it
    expect(await run.status).toBe(1);
    expect(run.stderr).toMatch(/^quinistry: cannot listen on 192\.0\.2\.1[^\n]*\n$/);
  });

  it('answers whoever waits, then ends with one line and status 1, when the image cannot be built', async () => {
    const build = controlledBuild();
    const run = serve([], { buildQuine: build.buildQuine });
    const manifest = fetch(`${await addressOf(run)}/v2/quinistry/manifests/latest`);
    await fetch(`${await addressOf(run)}/v2/`);
    build.fail(new Error('the disk is on fire'));
    expect((await manifest).status).toBe(500);
    expect(await run.status).toBe(1);
    expect(run.stderr).toMatch(/^quinistry: unexpected failure: the disk is on fire[^\n]*\n$/);
    expect(run.handlesSignals).toBe(false);
  });
});

describe('SIGTERM to quinistry serve', () => {
  it('still builds the image for those who wait for it, and then ends with status 0', async () => {
    const build = controlledBuild();
    const run = serve([], { buildQuine: build.buildQuine });
    const url = await addressOf(run);
    const manifest = fetch(`${url}/v2/quinistry/manifests/latest`);
    await fetch(`${url}/v2/`); // its answer comes after the other request has been read
    run.kill('SIGTERM');
    await vi.waitFor(() => expect(run.messages).toContain('stopping'));
    await build.finish();
    expect((await manifest).status).toBe(200);
    expect(await run.status).toBe(0);
  });

  it('ends at once where nobody waits, though the image is not ready', async () => {
    const run = serve([], { buildQuine: controlledBuild().buildQuine });
    await addressOf(run);
    run.kill('SIGTERM');
    expect(await run.status).toBe(0);
    expect(run.handlesSignals).toBe(false);
  });

  it('ends before it listens, where a name takes long to look up', async () => {
    const run = serve([], { startServer: () => new Promise<RunningServer>(() => {}) });
    run.kill('SIGTERM');
    expect(await run.status).toBe(0);
  });

  describe('and a server that does not close', () => {
    const startServer = async (): Promise<RunningServer> => ({
      address: '127.0.0.1',
      port: 1,
      renewTls: () => {},
      close: () => new Promise(() => {}),
    });

    afterEach(() => {
      vi.useRealTimers();
    });

    it('ends with status 0 when the deadline has come', async () => {
      vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
      const run = serve([], { startServer });
      let status: number | undefined;
      void run.status.then((result) => {
        status = result;
      });
      await vi.advanceTimersByTimeAsync(0);
      run.kill('SIGTERM');
      await vi.advanceTimersByTimeAsync(STOP_DEADLINE_MS - 1);
      expect(status).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
      expect(status).toBe(0);
      expect(STOP_DEADLINE_MS).toBeLessThan(10_000);
    });

    it('ends at once on a second signal, with the status of that signal', async () => {
      const run = serve([], { startServer });
      await addressOf(run);
      run.kill('SIGTERM');
      run.kill('SIGINT');
      expect(await run.status).toBe(130);
    });
  });
});
