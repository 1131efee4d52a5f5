/** What attackers send to a registry whose names become paths: nothing but its own directory is ever touched. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '@quinistry/oci-image';
import { MEDIA_TYPES } from '@quinistry/oci-image/spec';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openDirectoryStore } from '../../src/storage/directory/directory-store.js';
import { verifyDirectory } from '../../src/storage/directory/verify-directory.js';
import { requestText } from '../../src/testing/push-server.js';
import { exchangeRaw } from '../../src/testing/raw-connection.js';
import { type StoreServer, startStoreServer } from '../store-server.js';

const CLOSE = 'Connection: close';
const BYTES = new TextEncoder().encode('{}');
const DIGEST = digestOf(BYTES);
const SECRET = 'nobody outside may read this';

/** Beside the store's directory, and under names that a path out of it would lead to. */
let surroundings: string;
let server: StoreServer;

beforeEach(async () => {
  surroundings = await mkdtemp(join(tmpdir(), 'hostile-'));
  await mkdir(join(surroundings, 'blobs', 'sha256'), { recursive: true });
  await writeFile(join(surroundings, 'blobs', 'sha256', DIGEST.slice(7)), SECRET);
  await writeFile(join(surroundings, 'index.json'), SECRET);
  server = await startStoreServer(await openDirectoryStore(join(surroundings, 'registry')));
});

afterEach(async () => {
  await server.close({ timeoutMs: 0 });
  await server.store.close();
  await rm(surroundings, { recursive: true });
});

async function demandSurroundingsUntouched(): Promise<void> {
  expect((await readdir(surroundings)).sort()).toEqual(['blobs', 'index.json', 'registry']);
  expect(await readdir(join(surroundings, 'blobs'), { recursive: true })).toHaveLength(2);
  for (const file of ['index.json', `blobs/sha256/${DIGEST.slice(7)}`]) {
    expect(await readFile(join(surroundings, file), 'utf8')).toBe(SECRET);
  }
}

function sendRaw(method: string, target: string, body = '', ...headers: string[]) {
  const length = `Content-Length: ${Buffer.byteLength(body, 'latin1')}`;
  return exchangeRaw(server.port, requestText(method, target, CLOSE, length, ...headers) + body);
}

describe('a name that becomes a path', () => {
  it.each([
    ['..', '..'],
    ['.. behind an honest part', 'a/..'],
    ['.. as %2e%2e', '%2e%2e'],
    ['a slash as %2f', 'a%2f..%2f..'],
    ['a backslash', 'a\\..\\..'],
    ['NUL', 'a\0b'],
    ['NUL as %00', 'a%00'],
    ['an absolute path', '/etc'],
    ['the directory of the store itself', '.quinistry'],
    ['its uploads', '.quinistry/uploads'],
    ['a part that is hidden', 'a/.hidden'],
    ['upper case', 'A'],
    ['256 characters', 'a'.repeat(256)],
    ['a part that is a file of a layout', 'a/index.json'],
    ['a part that is a directory of a layout', 'a/blobs/sha256'],
  ])('is refused in each way to write, and leaves nothing: %s', async (_, name) => {
    const manifest = '{"schemaVersion":2}';
    const type = `Content-Type: ${MEDIA_TYPES.oci.manifest}`;
    const answers = [
      ...(await sendRaw('POST', `/v2/${name}/blobs/uploads/`)),
      ...(await sendRaw('POST', `/v2/${name}/blobs/uploads/?digest=${DIGEST}`, '{}')),
      ...(await sendRaw('POST', `/v2/${name}/blobs/uploads/?mount=${DIGEST}&from=a`)),
      ...(await sendRaw('PUT', `/v2/${name}/manifests/latest`, manifest, type)),
      ...(await sendRaw('DELETE', `/v2/${name}/manifests/latest`)),
      ...(await sendRaw('DELETE', `/v2/${name}/blobs/${DIGEST}`)),
      ...(await sendRaw('GET', `/v2/${name}/blobs/${DIGEST}`)),
      ...(await sendRaw('GET', `/v2/${name}/tags/list`)),
    ];
    expect(answers).toHaveLength(8);
    for (const { status, body } of answers) {
      expect([400, 404]).toContain(status);
      expect(body).not.toContain(SECRET);
    }
    expect(await readdir(join(surroundings, 'registry'))).toEqual(['.quinistry']);
    expect(await readdir(join(surroundings, 'registry/.quinistry/uploads'))).toEqual([]);
    await demandSurroundingsUntouched();
    expect(server.errors).toEqual([]);
  });

  it.each(['..', '../..', '%2e%2e', '.quinistry', '/etc', 'a/index.json', 'A'])(
    'is no source of a mount: %s',
    async (from) => {
      const [answer] = await sendRaw('POST', `/v2/app/blobs/uploads/?mount=${DIGEST}&from=${from}`);
      expect([202, 400]).toContain(answer?.status);
      const [blob] = await sendRaw('GET', `/v2/app/blobs/${DIGEST}`);
      expect(blob?.status).toBe(404);
    },
  );

  it.each(['..', '../../../index.json', '..%2f..%2flock', '_', 'lock', '0'.repeat(36), '%00'])(
    'is no upload: %s',
    async (session) => {
      for (const method of ['GET', 'PATCH', 'PUT', 'DELETE']) {
        const answers = await sendRaw(method, `/v2/app/blobs/uploads/${session}?digest=${DIGEST}`);
        expect(answers.map(({ status }) => status >= 400 && status < 500)).toEqual([true]);
      }
      await demandSurroundingsUntouched();
    },
  );
});

describe('what was deleted', () => {
  it('is not served from a cache: distribution, CVE-2026-35172', async () => {
    const headers = { 'Content-Type': 'application/vnd.example.note+json' };
    const body = '{"schemaVersion":2,"note":"deleted"}';
    const digest = digestOf(new TextEncoder().encode(body));
    const paths = [`/v2/app/manifests/${digest}`, '/v2/app/manifests/latest'];
    const statuses = () => Promise.all(paths.map(async (path) => (await server.send('GET', path)).status));
    for (let round = 0; round < 3; round++) {
      await server.send('PUT', '/v2/app/manifests/latest', { body, headers });
      expect(await statuses()).toEqual([200, 200]);
      await server.send('DELETE', `/v2/app/manifests/${digest}`);
      expect(await statuses()).toEqual([404, 404]);
    }
  });

  it('stays in the other repositories, and is asked for in vain in this one: zot, CVE-2024-39897', async () => {
    for (const name of ['app', 'other']) {
      await server.send('POST', `/v2/${name}/blobs/uploads/?digest=${DIGEST}`, { body: BYTES });
    }
    await server.send('DELETE', `/v2/app/blobs/${DIGEST}`);
    expect((await server.send('GET', `/v2/app/blobs/${DIGEST}`)).status).toBe(404);
    expect((await server.send('GET', `/v2/other/blobs/${DIGEST}`)).status).toBe(200);
  });
});

/** Parts that mean something to a file system, to a layout or to the store. */
const part = fc.oneof(
  { weight: 5, arbitrary: fc.constantFrom('a', 'team', 'app') },
  fc.constantFrom('..', '.', '', 'blobs', 'index.json', 'oci-layout', 'sha256', '.quinistry', 'uploads', '%2e%2e'),
  fc.string({ unit: 'binary', maxLength: 6 }),
);
const name = fc.array(part, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const tag = fc.oneof(fc.constantFrom('latest', 'v1', DIGEST), fc.string({ unit: 'binary', maxLength: 8 }));
const note = fc.record({ subject: fc.boolean(), text: fc.string({ maxLength: 5 }) }).map(({ subject, text }) => {
  const descriptor = { mediaType: MEDIA_TYPES.oci.layer, digest: DIGEST, size: BYTES.length };
  return JSON.stringify({
    schemaVersion: 2,
    config: descriptor,
    layers: [],
    text,
    ...(subject && { subject: descriptor }),
  });
});
const request = fc.oneof(
  name.map((repository) => ['POST', `/v2/${repository}/blobs/uploads/?digest=${DIGEST}`, '{}'] as const),
  name.map((repository) => ['POST', `/v2/${repository}/blobs/uploads/`, ''] as const),
  fc
    .tuple(name, name)
    .map(
      ([repository, from]) => ['POST', `/v2/${repository}/blobs/uploads/?mount=${DIGEST}&from=${from}`, ''] as const,
    ),
  fc
    .tuple(name, tag, note)
    .map(([repository, to, body]) => ['PUT', `/v2/${repository}/manifests/${to}`, body] as const),
  fc.tuple(name, tag).map(([repository, from]) => ['GET', `/v2/${repository}/manifests/${from}`, ''] as const),
  fc.tuple(name, tag).map(([repository, from]) => ['DELETE', `/v2/${repository}/manifests/${from}`, ''] as const),
  name.map((repository) => ['DELETE', `/v2/${repository}/blobs/${DIGEST}`, ''] as const),
  name.map((repository) => ['GET', `/v2/${repository}/tags/list?n=1000000000`, ''] as const),
);

describe('whatever is sent', () => {
  it('is answered below 500 or not at all, and the directory is a tree of layouts ever after', async () => {
    await fc.assert(
      fc.asyncProperty(request, async ([method, target, body]) => {
        const answers = await sendRaw(method, target, body, `Content-Type: ${MEDIA_TYPES.oci.manifest}`);
        for (const { status } of answers) expect(status).toBeLessThan(500);
      }),
      { numRuns: 400 },
    );
    expect(server.errors).toEqual([]);
    expect((await server.send('GET', '/v2/')).status).toBe(200);
    expect((await server.send('GET', '/v2/_catalog')).status).toBe(200);
    await demandSurroundingsUntouched();
    // A blob may be deleted from under a manifest; nothing else may be wrong.
    const findings = [];
    for await (const finding of verifyDirectory(join(surroundings, 'registry'))) findings.push(finding);
    expect(findings.filter(({ problem }) => !problem.startsWith('is missing, and'))).toEqual([]);
  });
});
