import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { command, describeWith } from '../../../oci-image/test/judges.js';
import { findIn } from './clients/client.js';
import { OrasClient } from './clients/oras-client.js';
import { buildSample, writeImageLayout } from './image-layout.js';
import { RegistryProcess } from './registry-process.js';
import { Scope } from './scope.js';
import { temporaryFolder } from './temporary-folder.js';

const DIGEST_LINE = /(?<=^Digest: )sha256:[0-9a-f]{64}$/m;

describeWith([command('oras', ['version'])], 'artifacts under oras', () => {
  const scope = new Scope();
  let registry: RegistryProcess;
  let oras: OrasClient;
  let image: string;

  beforeAll(async () => {
    const store = join(await temporaryFolder(scope, 'store'), 'store');
    registry = await RegistryProcess.start(scope, ['--storage', store]);
    oras = await OrasClient.start(scope);
    image = `${registry.host}/artifacts:image`;
    await oras.push(await writeImageLayout(scope, await buildSample()), image);
    await writeFile(join(oras.folder, 'sbom.json'), '{"packages":[]}');
    await writeFile(join(oras.folder, 'signature'), 'signed');
  });
  afterAll(() => scope.end());

  async function attach(type: string, subject: string, file: string): Promise<string> {
    const arguments_ = ['--artifact-type', type, '--annotation', `org.example.type=${type}`, subject, file];
    return findIn(await oras.command('attach', '--plain-http', ...arguments_), DIGEST_LINE);
  }

  /** What refers to `subject`, and what refers to that. */
  async function discover(subject: string, ...options: readonly string[]): Promise<unknown> {
    return JSON.parse(await oras.command('discover', '--plain-http', '--format', 'json', ...options, subject));
  }

  it('are attached to an image, discovered by type and pulled', async () => {
    const sbom = await attach('application/vnd.example.sbom', image, 'sbom.json:application/json');
    const signature = await attach('application/vnd.example.signature', image, 'signature:text/plain');

    const all = await discover(image);
    expect(all).toMatchObject({ referrers: { length: 2 } });
    expect(all).toMatchObject({
      referrers: expect.arrayContaining([
        expect.objectContaining({ digest: sbom, artifactType: 'application/vnd.example.sbom' }),
        expect.objectContaining({
          digest: signature,
          annotations: expect.objectContaining({ 'org.example.type': 'application/vnd.example.signature' }),
        }),
      ]),
    });
    expect(await discover(image, '--artifact-type', 'application/vnd.example.sbom')).toMatchObject({
      referrers: [{ digest: sbom }],
    });

    await oras.command('pull', '--plain-http', '--output', 'pulled', `${registry.host}/artifacts@${sbom}`);
    expect(await readFile(join(oras.folder, 'pulled', 'sbom.json'), 'utf8')).toBe('{"packages":[]}');
  });

  it('are found through the API alone: no tag stands for the referrers', async () => {
    await attach('application/vnd.example.sbom', image, 'sbom.json:application/json');
    expect(await oras.command('repo', 'tags', '--plain-http', `${registry.host}/artifacts`)).toBe('image');
  });

  it('are attached to what was attached, and copied to another repository with all of it', async () => {
    const source = `${registry.host}/artifacts:chain`;
    const target = `${registry.host}/copies:chain`;
    await oras.push(await writeImageLayout(scope, await buildSample()), source);
    const sbom = await attach('application/vnd.example.sbom', source, 'sbom.json:application/json');
    const signature = await attach(
      'application/vnd.example.signature',
      `${registry.host}/artifacts@${sbom}`,
      'signature:text/plain',
    );
    await oras.command('cp', '--recursive', '--from-plain-http', '--to-plain-http', source, target);
    expect(await discover(target)).toMatchObject({
      referrers: [{ digest: sbom, referrers: [{ digest: signature }] }],
    });
  });

  it('are gone from the list of referrers when they are deleted', async () => {
    const subject = `${registry.host}/artifacts:short`;
    await oras.push(await writeImageLayout(scope, await buildSample()), subject);
    const digest = await attach('application/vnd.example.sbom', subject, 'sbom.json:application/json');
    await oras.command('manifest', 'delete', '--plain-http', '--force', `${registry.host}/artifacts@${digest}`);
    expect(await discover(subject)).toMatchObject({ referrers: [] });
    expect(await registry.resolve('artifacts', digest)).toBeNull();
  });
});
