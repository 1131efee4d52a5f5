import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { get, type IncomingMessage } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { type CommandCopy, CommandProcess, copyCommand } from './testing/command-process.js';
import { pushImage } from './testing/http-push.js';

describe.skipIf(process.platform !== 'linux')('dist/quinistry.mjs (skipped where Node.js is not for Linux)', () => {
  let copy: CommandCopy;
  const running: CommandProcess[] = [];

  beforeAll(async () => {
    copy = await copyCommand();
  });

  afterEach(async () => {
    for (const command of running.splice(0)) {
      command.child.kill('SIGKILL');
      await command.end;
    }
  });

  afterAll(() => copy.remove());

  function run(args: readonly string[], env: Record<string, string> = {}): CommandProcess {
    const command = new CommandProcess(copy.bundle, args, env);
    running.push(command);
    return command;
  }

  async function serve(...args: string[]): Promise<{ server: CommandProcess; url: string }> {
    const server = run(['--port', '0', ...args]);
    return { server, url: String((await server.record('listening')).url) };
  }

  async function temporaryFolder(): Promise<string> {
    const folder = await mkdtemp(join(tmpdir(), 'quinistry-main-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    return folder;
  }

  async function childrenOf({ child: { pid } }: CommandProcess): Promise<number[]> {
    const text = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return text.split(' ').filter(Boolean).map(Number);
  }

  /** The first bytes of the runtime layer, which is far larger than what the sockets between two processes hold. */
  async function startDownload(url: string): Promise<{ response: IncomingMessage; size: number }> {
    const manifest: unknown = await (await fetch(`${url}/v2/quinistry/manifests/latest`)).json();
    const [layer] = (manifest as { layers: { digest: string; size: number }[] }).layers;
    const request = get(`${url}/v2/quinistry/blobs/${layer?.digest}`);
    const [response]: IncomingMessage[] = await once(request, 'response');
    if (response === undefined || layer === undefined) throw new Error('nothing to download');
    await once(response, 'readable');
    return { response, size: layer.size };
  }

  it('prints with digest what serve serves', async () => {
    const digest = run(['digest']);
    expect(await digest.end).toEqual({ status: 0, signal: null });
    expect(digest.stderr).toBe('');
    expect(digest.stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/);
    const { url } = await serve();
    const { headers } = await fetch(`${url}/v2/quinistry/manifests/latest`, { method: 'HEAD' });
    expect(headers.get('docker-content-digest')).toBe(digest.stdout.trim());
  });

  it('lets a download that is in flight end when SIGTERM comes, takes no connection more, and ends with status 0', async () => {
    const { server, url } = await serve();
    const { response, size } = await startDownload(url);
    server.child.kill('SIGTERM');
    await server.record('stopping');
    await expect(fetch(`${url}/v2/`)).rejects.toThrow();
    let bytes = 0;
    for await (const chunk of response) bytes += chunk.length;
    expect(bytes).toBe(size);
    expect(await server.end).toEqual({ status: 0, signal: null });
    expect(server.stderr).toBe('');
  });

  it('ends at once when a second signal comes, whatever is in flight', async () => {
    const { server, url } = await serve();
    const { response } = await startDownload(url);
    response.on('error', () => {}); // it is cut
    server.child.kill('SIGTERM');
    await server.record('stopping');
    server.child.kill('SIGINT');
    expect(await server.end).toEqual({ status: 130, signal: null });
  });

  it('ends with status 0 on SIGTERM while the image is being built', async () => {
    const { server } = await serve();
    server.child.kill('SIGTERM');
    expect(await server.end).toEqual({ status: 0, signal: null });
  });

  it('takes a push, survives being killed, and finds nothing wrong with its directory then', async () => {
    const store = await mkdtemp(join(tmpdir(), 'quinistry-store-'));
    onTestFinished(() => rm(store, { recursive: true }));
    const { server, url } = await serve('--storage', store);
    const { status, digest } = await pushImage(url);
    expect(status).toBe(201);
    server.child.kill('SIGKILL');
    await server.end;
    const verified = run(['verify', store]);
    expect(await verified.end).toEqual({ status: 0, signal: null });
    const again = await serve('--storage', store);
    const pulled = await fetch(`${again.url}/v2/team/app/manifests/v1`);
    expect(pulled.headers.get('docker-content-digest')).toBe(digest);
  });

  it('builds its image in a process of its own beside a directory, the same one, and leaves nothing of it', async () => {
    const digest = run(['digest']);
    await digest.end;
    const root = await temporaryFolder();
    const { server, url } = await serve('--storage', root);
    expect(await server.record('built the image')).toMatchObject({ digest: digest.stdout.trim() });
    expect(await childrenOf(server)).toEqual([]);
    const { response, size } = await startDownload(url);
    let bytes = 0;
    for await (const chunk of response) bytes += chunk.length;
    expect(bytes).toBe(size);
    const temporary = join(root, '.quinistry', 'temporary');
    expect(await readdir(temporary)).not.toEqual([]);
    server.child.kill('SIGTERM');
    expect(await server.end).toEqual({ status: 0, signal: null });
    expect(await readdir(temporary)).toEqual([]);
  });

  it('goes on serving where the process that builds its image is killed', async () => {
    const { server, url } = await serve('--storage', await temporaryFolder());
    await expect.poll(() => childrenOf(server)).toHaveLength(1);
    for (const child of await childrenOf(server)) process.kill(child, 'SIGKILL');
    const { err } = await server.record('serving without the image of this server');
    expect(err).toMatchObject({ message: 'the process that built the image ended with SIGKILL' });
    expect((await pushImage(url)).status).toBe(201);
  });

  it('takes its settings from a file', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'quinistry-config-'));
    onTestFinished(() => rm(folder, { recursive: true }));
    const file = join(folder, 'quinistry.json');
    await writeFile(file, JSON.stringify({ storage: 'memory', operations: { metrics: '127.0.0.1:0' } }));
    const { server, url } = await serve('--config', file);
    const { url: metrics } = await server.record('serving metrics');
    expect((await pushImage(url)).status).toBe(201);
    expect(await (await fetch(String(metrics))).text()).toContain('quinistry_requests_total{kind="manifest"');
  });

  it('takes host and port from the environment', async () => {
    const server = run([], { HOST: '127.0.0.1', PORT: '0' });
    expect((await server.record('listening')).url).toMatch(/^http:\/\/127\.0\.0\.1:[1-9]\d*$/);
  });

  it('answers a port that is taken with one line and status 1', async () => {
    const { url } = await serve();
    const second = run(['--port', new URL(url).port]);
    expect(await second.end).toEqual({ status: 1, signal: null });
    expect(second.stderr).toMatch(/^quinistry: cannot listen on [^\n]+\n$/);
  });

  it('answers a wrong option with one line and status 2', async () => {
    const command = run(['--port', '99999']);
    expect(await command.end).toEqual({ status: 2, signal: null });
    expect(command.stderr).toMatch(/^quinistry: --port is 99999[^\n]+\n$/);
    expect(command.stdout).toBe('');
  });

  it('answers a full disk with one line and status 1, for the digest is all that was asked for', async () => {
    const line = '"$0" "$1" digest > /dev/full';
    const failed = promisify(execFile)('sh', ['-c', line, process.execPath, copy.bundle]);
    await expect(failed).rejects.toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^quinistry: cannot write to standard output: [^\n]*ENOSPC[^\n]*\n$/),
    });
  });

  it('says nothing when its reader has left', async () => {
    const command = run(['--help']);
    command.child.stdout?.destroy();
    expect(await command.end).toEqual({ status: 0, signal: null });
    expect(command.stderr).toBe('');
  });

  it('goes on serving when the reader of its log has left', async () => {
    const { server, url } = await serve();
    await server.record('built the image');
    server.child.stdout?.destroy();
    for (let request = 0; request < 3; request += 1) expect((await fetch(`${url}/v2/`)).status).toBe(200);
    server.child.kill('SIGTERM');
    expect(await server.end).toEqual({ status: 0, signal: null });
    expect(server.stderr).toBe('');
  });
});
