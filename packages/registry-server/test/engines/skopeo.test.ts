import { createHash } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { command, describeWith, root } from '../../../oci-image/test/judges.js';
import { QUINE_PATHS } from '../../src/quine/quine-paths.js';
import { freePort } from './free-port.js';
import { run } from './process.js';
import { QuineServer } from './quine-server.js';
import { Scope } from './scope.js';
import { temporaryFolder } from './temporary-folder.js';

const MANIFEST_TYPES = {
  docker: 'application/vnd.docker.distribution.manifest.v2+json',
  oci: 'application/vnd.oci.image.manifest.v1+json',
} as const;

describeWith([command('skopeo')], 'the quine under skopeo', () => {
  const scope = new Scope();
  const digests = { docker: '', oci: '' };
  let quine: QuineServer;
  let repository: string;
  let folder: string;

  beforeAll(async () => {
    quine = await QuineServer.install(scope);
    folder = await temporaryFolder(scope, 'skopeo');
    const port = await freePort();
    repository = `docker://127.0.0.1:${port}/quinistry`;
    await quine.start(port);
    digests.docker = await quine.digest('docker');
    digests.oci = await quine.digest('oci');
  });
  afterAll(() => scope.end());

  it('is inspected: its digest, its tags, its platform and its layers', async () => {
    const inspected = JSON.parse(await run('skopeo', ['inspect', '--tls-verify=false', `${repository}:latest`]));
    expect(inspected).toMatchObject({
      Digest: digests.docker,
      RepoTags: ['latest'],
      Os: 'linux',
      Architecture: process.arch === 'x64' ? 'amd64' : process.arch,
      Layers: [expect.stringMatching(/^sha256:/), expect.stringMatching(/^sha256:/)],
    });
  });

  it.each(['docker', 'oci'] as const)('is copied to a folder, manifest unchanged, in the %s family', async (family) => {
    const copy = join(folder, `dir-${family}`);
    const source = `${repository}@${digests[family]}`;
    await run('skopeo', ['copy', '--src-tls-verify=false', '--preserve-digests', source, `dir:${copy}`]);
    const manifest = await readFile(join(copy, 'manifest.json'));
    expect(sha256(manifest)).toBe(digests[family]);
    expect(JSON.parse(manifest.toString())).toMatchObject({ mediaType: MANIFEST_TYPES[family] });
  });

  describeWith([command('umoci'), root], 'and umoci', () => {
    it('is copied to an image layout and unpacked, to the files that run on this machine', async () => {
      const layout = join(folder, 'layout');
      const bundle = join(folder, 'bundle');
      const source = `${repository}@${digests.oci}`;
      await run('skopeo', ['copy', '--src-tls-verify=false', source, `oci:${layout}:latest`]);
      const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'));
      expect(index.manifests).toMatchObject([{ digest: digests.oci }]);

      await run('umoci', ['unpack', '--image', `${layout}:latest`, bundle]);
      const node = join(bundle, 'rootfs', QUINE_PATHS.node);
      expect((await stat(node)).mode & 0o7777).toBe(0o755);
      expect((await readFile(node)).equals(await readFile(process.execPath))).toBe(true);
      const application = await readFile(join(bundle, 'rootfs', QUINE_PATHS.application));
      expect(application.equals(await readFile(quine.bundle))).toBe(true);
    });
  });
});

function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}
