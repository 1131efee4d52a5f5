import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { command, describeWith } from '../../../oci-image/test/judges.js';
import { createCertificate } from '../../src/testing/certificate.js';
import { createAccount, writeHtpasswd } from './accounts.js';
import { writeEmptyLogins } from './auth-file.js';
import { buildSample, type ImageLayout, LAYOUT_TAG, writeImageLayout } from './image-layout.js';
import { run } from './process.js';
import { RegistryProcess } from './registry-process.js';
import { Scope } from './scope.js';
import { temporaryFolder } from './temporary-folder.js';

const JUDGES = [command('skopeo'), command('crane', ['version'])];

describeWith(JUDGES, 'a registry with a certificate', () => {
  const scope = new Scope();
  const account = createAccount('pusher');
  let image: ImageLayout;
  let reference: string;
  let strict: NodeJS.ProcessEnv;
  let trusting: NodeJS.ProcessEnv;

  beforeAll(async () => {
    const folder = await temporaryFolder(scope, 'tls');
    const credentials = createCertificate();
    const [certificate, key] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
    await writeFile(certificate, credentials.certificate);
    await writeFile(key, credentials.key);
    const access = ['--htpasswd', await writeHtpasswd(scope, [account]), '--anonymous-pull'];
    const tls = ['--tls-certificate', certificate, '--tls-key', key];
    const registry = await RegistryProcess.start(scope, ['--storage', join(folder, 'store'), ...access, ...tls]);
    reference = `${registry.host}/secure/image:latest`;
    image = await writeImageLayout(scope, await buildSample());
    strict = { ...(await writeEmptyLogins(folder)), DOCKER_CONFIG: folder };
    trusting = { ...strict, SSL_CERT_FILE: certificate }; // Every program in Go reads it.
  });
  afterAll(() => scope.end());

  function push(env: NodeJS.ProcessEnv): Promise<string> {
    const source = `oci:${image.folder}:${LAYOUT_TAG}`;
    const credentials = `${account.name}:${account.password}`;
    return run('skopeo', ['copy', '--preserve-digests', '--dest-creds', credentials, source, `docker://${reference}`], {
      env,
    });
  }

  it('is pushed to by skopeo, with a token fetched over TLS as well, and pulled from by crane', async () => {
    await push(trusting);
    expect(await run('crane', ['digest', reference], { env: trusting })).toBe(image.digest);
    await run('crane', ['validate', '--remote', reference], { env: trusting });
  });

  it('is no place to push to for who does not know the certificate', async () => {
    await expect(push(strict)).rejects.toThrow(/certificate/);
  });
});
