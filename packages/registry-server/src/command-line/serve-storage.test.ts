import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { get as getSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { BlobStore } from '@quinistry/oci-image';
import { hash } from 'bcryptjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startServer } from '../node-server.js';
import { ScratchBlobStore } from '../storage/directory/scratch-blob-store.js';
import { StorageError } from '../storage/storage-error.js';
import { createCertificate } from '../testing/certificate.js';
import { openRaw } from '../testing/raw-connection.js';
import { CommandRun } from './testing/command-run.js';
import { pushImage } from './testing/http-push.js';
import { buildTinyQuine } from './testing/tiny-quine.js';

let folder: string;
const running: CommandRun[] = [];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quinistry-serve-'));
});

afterEach(async () => {
  for (const run of running.splice(0)) {
    run.kill('SIGTERM');
    await run.status;
  }
  await rm(folder, { recursive: true });
});

type Context = ConstructorParameters<typeof CommandRun>[1];

/** Starts a server, and waits until it listens. */
async function serve(args: readonly string[], context: Context = {}): Promise<{ run: CommandRun; url: string }> {
  const run = new CommandRun(['serve', '--port', '0', ...args], context);
  running.push(run);
  const listening = await recordOf(run, 'listening');
  return { run, url: String(listening.url) };
}

function recordOf(run: CommandRun, message: string): Promise<Record<string, unknown>> {
  return vi.waitFor(() => {
    const record = run.records.find(({ msg }) => msg === message);
    if (record === undefined) throw new Error(`it does not tell of "${message}": ${run.stdout}${run.stderr}`);
    return record;
  });
}

async function writeText(name: string, content: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

describe('quinistry serve --storage <directory>', () => {
  it('takes a push, serves it after a restart, and has the quine beside it', async () => {
    const first = await serve(['--storage', join(folder, 'store')]);
    const { status, digest } = await pushImage(first.url);
    expect(status).toBe(201);
    first.run.kill('SIGTERM');
    expect(await first.run.status).toBe(0);
    const { url } = await serve(['--storage', join(folder, 'store')]);
    const pulled = await fetch(`${url}/v2/team/app/manifests/v1`);
    expect(pulled.headers.get('Docker-Content-Digest')).toBe(digest);
    expect(await (await fetch(`${url}/v2/_catalog`)).json()).toEqual({ repositories: ['quinistry', 'team/app'] });
    expect((await fetch(`${url}/v2/quinistry/manifests/latest`)).status).toBe(200);
  });

  it('keeps what came of an upload when it is told to stop, and goes on from there after a restart', async () => {
    const hasty: Context = {
      startServer: async (options) => {
        const server = await startServer(options);
        return { ...server, close: () => server.close({ timeoutMs: 50 }) };
      },
    };
    const first = await serve(['--storage', join(folder, 'store')], hasty);
    const begun = await fetch(`${first.url}/v2/team/app/blobs/uploads/`, { method: 'POST' });
    const location = new URL(begun.headers.get('Location') ?? '', first.url).pathname;
    const head = [`PATCH ${location} HTTP/1.1`, 'Host: registry.test', 'Content-Length: 40000000', '', ''].join('\r\n');
    const socket = await openRaw(Number(new URL(first.url).port), head + 'x'.repeat(32_000_000));
    socket.on('error', () => {});
    // More than the sockets in between can hold, so the server has read some of it.
    await vi.waitFor(() => expect(socket.writableLength).toBe(0), { timeout: 20_000 });
    first.run.kill('SIGTERM');
    expect(await first.run.status).toBe(0);
    const second = await serve(['--storage', join(folder, 'store')]);
    const { status, headers } = await fetch(`${second.url}${location}`);
    expect(status).toBe(204);
    expect(Number(headers.get('Range')?.replace('0-', ''))).toBeGreaterThan(0);
  });

  it('refuses a directory that another server has open, with one line and status 1', async () => {
    await serve(['--storage', join(folder, 'store')]);
    const second = new CommandRun(['--port', '0', '--storage', join(folder, 'store')]);
    expect(await second.status).toBe(1);
    expect(second.stderr).toMatch(/^quinistry: the store is in use by process \d+[^\n]*\n$/);
    expect(second.handlesSignals).toBe(false);
  });

  it.each(['notes', 'notes/store'])('says that %s cannot be used as a directory, and why', async (name) => {
    await writeText('notes', 'a file');
    const run = new CommandRun(['--port', '0', '--storage', join(folder, name)]);
    expect(await run.status).toBe(1);
    const told = `quinistry: the directory ${join(folder, name)} cannot be used: `;
    expect(run.stderr.slice(0, told.length)).toBe(told);
    expect(run.stderr).toMatch(/: ENOTDIR: not a directory, mkdir '[^\n]*'\n$/);
  });

  it('lets go of the directory where it cannot listen', async () => {
    const { url } = await serve([]);
    const { port } = new URL(url);
    const blocked = new CommandRun(['--port', port, '--storage', join(folder, 'store')]);
    expect(await blocked.status).toBe(1);
    expect(blocked.stderr).toMatch(/the port is taken/);
    await serve(['--storage', join(folder, 'store')]);
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
    const { url } = await serve(['--storage', join(folder, 'store')], {
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

describe('quinistry serve with a policy', () => {
  it('lets nobody move an immutable tag', async () => {
    const { url } = await serve(['--storage', 'memory', '--immutable-tags', 'v*']);
    expect((await pushImage(url)).status).toBe(201);
    const moved = await fetch(`${url}/v2/team/app/manifests/v1`, { method: 'DELETE' });
    expect(moved.status).toBeGreaterThanOrEqual(400);
    expect((await fetch(`${url}/v2/team/app/manifests/v1`)).status).toBe(200);
  });

  it('takes no pushes with --read-only, on any address', async () => {
    const { url } = await serve(['--storage', 'memory', '--read-only']);
    expect((await fetch(`${url}/v2/team/app/blobs/uploads/`, { method: 'POST' })).status).toBe(405);
  });

  it('lets scripts of an origin in', async () => {
    const { url } = await serve(['--cors-origin', 'https://ui.example.org']);
    const { headers } = await fetch(`${url}/v2/`, { headers: { Origin: 'https://ui.example.org' } });
    expect(headers.get('Access-Control-Allow-Origin')).toBe('https://ui.example.org');
  });
});

describe('quinistry serve --htpasswd', () => {
  const login = `Basic ${Buffer.from('alice:correct horse').toString('base64')}`;

  it('takes pushes from accounts only, and logs who pushed but nothing that was typed', async () => {
    const accounts = await writeText('accounts', `alice:${await hash('correct horse', 4)}\n`);
    const { run, url } = await serve(['--storage', 'memory', '--htpasswd', accounts]);
    expect((await pushImage(url)).status).toBe(401);
    expect((await pushImage(url, { headers: { Authorization: login } })).status).toBe(201);
    const wrong = `Basic ${Buffer.from('alice:battery staple').toString('base64')}`;
    expect((await fetch(`${url}/v2/`, { headers: { Authorization: wrong } })).status).toBe(401);
    expect(await recordOf(run, 'accepting manifest')).toMatchObject({ identity: 'alice' });
    expect(await recordOf(run, 'refusing login')).toMatchObject({ level: 'warn' });
    for (const secret of ['correct horse', 'battery staple', login, wrong]) expect(run.stdout).not.toContain(secret);
  });

  it('with --anonymous-pull makes out tokens, and lets everybody pull', async () => {
    const accounts = await writeText('accounts', `alice:${await hash('correct horse', 4)}\n`);
    const { url } = await serve(['--storage', 'memory', '--htpasswd', accounts, '--anonymous-pull']);
    const query = 'service=quinistry&scope=repository:team/app:pull,push';
    const answer = await fetch(`${url}/token?${query}`, { headers: { Authorization: login } });
    const { token } = (await answer.json()) as { token: string };
    expect((await pushImage(url, { headers: { Authorization: `Bearer ${token}` } })).status).toBe(201);
    const anonymous = await fetch(`${url}/token?service=quinistry&scope=repository:team/app:pull`);
    const pull = (await anonymous.json()) as { token: string };
    const headers = { Authorization: `Bearer ${pull.token}` };
    expect((await fetch(`${url}/v2/team/app/manifests/v1`, { headers })).status).toBe(200);
    expect((await pushImage(url, { headers })).status).toBe(401);
  });
});

describe('quinistry serve --trusted-proxy', () => {
  it('counts failed logins of each client that the proxy names, and sends clients to the token endpoint where they came', async () => {
    const accounts = await writeText('accounts', `alice:${await hash('correct horse', 4)}\n`);
    const args = ['--storage', 'memory', '--htpasswd', accounts, '--anonymous-pull', '--trusted-proxy', '127.0.0.0/8'];
    const { run, url } = await serve(args);
    const guess = async (address: string, password: string, path: string) => {
      const Authorization = `Basic ${Buffer.from(`alice:${password}`).toString('base64')}`;
      const headers = { Authorization, 'X-Forwarded-For': address, 'X-Forwarded-Proto': 'https' };
      return fetch(`${url}${path}`, { headers });
    };
    // On either way in: they have to count for the same client.
    for (let n = 0; n < 5; n++) await guess('203.0.113.7', `guess ${n}`, n % 2 === 0 ? '/v2/' : '/token');
    expect((await guess('203.0.113.7', 'correct horse', '/v2/')).status).toBe(429);
    expect((await guess('203.0.113.7', 'correct horse', '/token')).status).toBe(429);
    expect((await guess('203.0.113.8', 'correct horse', '/v2/')).status).toBe(200);
    expect(await recordOf(run, 'refusing login')).toMatchObject({ remoteAddress: '203.0.113.7' });
    const challenge = (await guess('203.0.113.8', 'wrong', '/v2/')).headers.get('WWW-Authenticate');
    expect(challenge).toContain(`realm="${url.replace('http:', 'https:')}/token"`);
  });
});

describe('quinistry serve --tls-certificate --tls-key', () => {
  it('serves https', async () => {
    const tls = createCertificate();
    const args = [
      '--tls-certificate',
      await writeText('tls.crt', tls.certificate),
      '--tls-key',
      await writeText('tls.key', tls.key),
    ];
    const { url } = await serve(args);
    expect(url).toMatch(/^https:/);
    const request = getSecure({ host: 'localhost', port: new URL(url).port, path: '/v2/', ca: tls.certificate });
    const [response] = await once(request, 'response');
    response.resume();
    expect(response.statusCode).toBe(200);
    request.destroy();
  });

  it('says in one line which file is no good, and does not listen', async () => {
    const tls = createCertificate();
    const key = await writeText('tls.key', createCertificate().key);
    const run = new CommandRun(['--tls-certificate', await writeText('tls.crt', tls.certificate), '--tls-key', key]);
    expect(await run.status).toBe(1);
    expect(run.stderr).toMatch(new RegExp(`^quinistry: ${key} cannot be used for TLS: it is not the key[^\\n]*\\n$`));
    expect(run.messages).toEqual(['starting quinistry']);
  });
});

describe('quinistry serve --metrics-address', () => {
  it('answers /metrics there, and there alone', async () => {
    const { run, url } = await serve(['--metrics-address', '127.0.0.1:0', '--storage', 'memory']);
    const { url: metrics } = await recordOf(run, 'serving metrics');
    await pushImage(url);
    expect(await (await fetch(String(metrics))).text()).toContain(
      'quinistry_events_total{action="push",kind="manifest"} 1',
    );
    expect((await fetch(`${url}/metrics`)).status).toBe(404);
  });

  it('ends with one line and status 1 where that port is taken', async () => {
    const { url } = await serve([]);
    const run = new CommandRun(['--port', '0', '--metrics-address', new URL(url).host]);
    expect(await run.status).toBe(1);
    expect(run.stderr).toMatch(/^quinistry: cannot listen on [^\n]*the port is taken[^\n]*\n$/);
  });
});

describe('quinistry serve --webhook', () => {
  it('delivers a signed notification of each change before it ends', async () => {
    const received: { body: string; signature: string | undefined }[] = [];
    const receiver = createServer(async (request, response) => {
      received.push({ body: await text(request), signature: request.headers['webhook-signature']?.toString() });
      response.writeHead(204).end();
    }).listen(0, '127.0.0.1');
    await once(receiver, 'listening');
    try {
      const { port } = receiver.address() as AddressInfo;
      const secret = await writeText('secret', 'whsec_aGVsbG8=\n');
      const args = [
        '--storage',
        'memory',
        '--webhook',
        `http://127.0.0.1:${port}/hook`,
        '--webhook-secret-file',
        secret,
      ];
      const { run, url } = await serve(args);
      const { digest } = await pushImage(url);
      run.kill('SIGTERM');
      expect(await run.status).toBe(0);
      const targets = received.map(({ body }) => JSON.parse(body).events[0].target);
      expect(targets.at(-1)).toMatchObject({ repository: 'team/app', tag: 'v1', digest });
      expect(targets).toHaveLength(3);
      expect(received.every(({ signature }) => signature?.startsWith('v1,'))).toBe(true);
    } finally {
      receiver.close();
    }
  });
});

describe('quinistry serve --config', () => {
  it('takes everything from a file, and lets flags win', async () => {
    const file = await writeText(
      'quinistry.yaml',
      `server: { port: 1 }\nstorage: ${join(folder, 'store')}\nlog: { level: info }\n`,
    );
    const { url } = await serve(['--config', file]);
    expect((await pushImage(url)).status).toBe(201);
  });

  it('answers a file that makes no sense with a line for each problem and status 2', async () => {
    const file = await writeText('quinistry.yaml', 'server:\n  prot: 5000\nstorage: 7\n');
    const run = new CommandRun(['--config', file]);
    expect(await run.status).toBe(2);
    expect(run.stderr).toBe(
      `quinistry: ${file}:2:3: server.prot is no setting; server has host, port, allowAnonymousPush, idleTimeout, trustedProxies, tls\n` +
        `quinistry: ${file}:3:10: storage is 7; expected none, memory or a directory; see quinistry --help\n`,
    );
  });
});
