import { generateKeyPairSync } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import type { TlsCredentials } from '../node-server.js';
import { createCertificate } from '../testing/certificate.js';
import { readTlsFiles, type TlsFiles, watchTlsFiles } from './tls-files.js';

let folder: string;
let files: TlsFiles;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'quinistry-tls-'));
  files = { certificate: join(folder, 'certificate.pem'), key: join(folder, 'key.pem') };
});

afterEach(() => rm(folder, { recursive: true }));

async function write({ certificate, key }: TlsCredentials): Promise<void> {
  await writeFile(files.certificate, certificate);
  await writeFile(files.key, key);
}

describe('readTlsFiles', () => {
  it('gives certificate and key, and when the certificate expires', async () => {
    const pair = createCertificate({ expires: new Date('2031-02-03T04:05:06Z') });
    await write(pair);
    expect(await readTlsFiles(files)).toEqual({ ...pair, expires: new Date('2031-02-03T04:05:06Z') });
  });

  it('takes the chain behind the certificate along', async () => {
    const pair = createCertificate();
    await write({ ...pair, certificate: pair.certificate + createCertificate().certificate });
    expect((await readTlsFiles(files)).certificate.match(/BEGIN/g)).toHaveLength(2);
  });

  it('names the file that is not there', async () => {
    await writeFile(files.certificate, createCertificate().certificate);
    await expect(readTlsFiles(files)).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: `${files.key} cannot be used for TLS: ENOENT`,
    });
  });

  it('names the file that holds something else', async () => {
    const pair = createCertificate();
    await write({ ...pair, certificate: pair.key });
    await expect(readTlsFiles(files)).rejects.toThrow(
      `${files.certificate} cannot be used for TLS: there is no certificate in PEM form in it`,
    );
    await write({ ...pair, key: '' });
    await expect(readTlsFiles(files)).rejects.toThrow(`${files.key} cannot be used for TLS: there is no private key`);
  });

  it('refuses a key that asks for a passphrase', async () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    const encrypted = privateKey.export({ format: 'pem', type: 'pkcs8', cipher: 'aes-256-cbc', passphrase: 'secret' });
    await write({ ...createCertificate(), key: encrypted.toString() });
    await expect(readTlsFiles(files)).rejects.toThrow(/no private key in PEM form without a passphrase/);
  });

  it('refuses a key of another certificate', async () => {
    await write({ ...createCertificate(), key: createCertificate().key });
    await expect(readTlsFiles(files)).rejects.toThrow(
      `${files.key} cannot be used for TLS: it is not the key of the first certificate in ${files.certificate}`,
    );
  });
});

describe('watchTlsFiles', () => {
  it('tells of a new pair, and of files that are no good', async () => {
    await write(createCertificate());
    const changes: TlsCredentials[] = [];
    const errors: unknown[] = [];
    const stop = watchTlsFiles(files, {
      onChange: (credentials) => changes.push(credentials),
      onError: (error) => errors.push(error),
      intervalMs: 20,
    });
    onTestFinished(stop);
    await writeFile(files.key, '');
    await vi.waitFor(() => expect(errors.length).toBeGreaterThan(0), { timeout: 10_000 });
    const renewed = createCertificate();
    await write(renewed);
    await vi.waitFor(() => expect(changes.at(-1)).toMatchObject(renewed), { timeout: 10_000 });
  });
});
