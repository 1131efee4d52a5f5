import { once } from 'node:events';
import { createServer } from 'node:http';
import { get as getSecure } from 'node:https';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { hash } from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { createCertificate } from '../testing/certificate.js';
import { CommandRun } from './testing/command-run.js';
import { pushImage } from './testing/http-push.js';
import { recordOf, serveCommands } from './testing/served-commands.js';

const commands = serveCommands();
const { serve, writeText } = commands;

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
      `server: { port: 1 }\nstorage: ${join(commands.folder, 'store')}\nlog: { level: info }\n`,
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
