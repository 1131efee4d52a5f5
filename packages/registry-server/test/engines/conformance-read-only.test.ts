import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeWith } from '../../../oci-image/test/judges.js';
import { conformanceSuite, runConformance } from './conformance.js';
import { freePort } from './free-port.js';
import { QuineServer } from './quine-server.js';
import { Scope } from './scope.js';

/** Of distribution-spec; `dev` is what has been agreed on since. */
const VERSIONS = ['1.1', 'dev'];

describeWith([conformanceSuite], 'the conformance suite against the quine', () => {
  const scope = new Scope();
  let port: number;
  let manifests: readonly string[];

  beforeAll(async () => {
    const quine = await QuineServer.install(scope);
    port = await freePort();
    await quine.start(port);
    manifests = [await quine.digest('docker'), await quine.digest('oci')];
  });
  afterAll(() => scope.end());

  it.each(VERSIONS)('passes what version %s asks of a registry that takes no pushes', async (version) => {
    const { counts, results } = await runConformance(scope, {
      OCI_VERSION: version,
      OCI_REGISTRY: `127.0.0.1:${port}`,
      OCI_TLS: 'disabled',
      OCI_REPO1: 'quinistry',
      OCI_REPO2: 'quinistry',
      OCI_API_PUSH: 'false',
      OCI_API_BLOBS_DELETE: 'false',
      OCI_API_BLOBS_UPLOAD_CANCEL: 'false',
      OCI_API_MANIFESTS_DELETE: 'false',
      OCI_API_MANIFESTS_TAG_PARAM: 'false',
      OCI_API_TAGS_DELETE: 'false',
      OCI_API_BLOBS_DIGEST_HEADER: 'true',
      // For manifests that it did not push itself, the suite looks for the header in a response that it never kept.
      OCI_API_MANIFESTS_DIGEST_HEADER: 'false',
      OCI_RO_DATA_TAGS: 'latest',
      OCI_RO_DATA_MANIFESTS: manifests.join(' '),
      OCI_RO_DATA_BLOBS: (await blobsOf(port)).join(' '),
      OCI_RO_DATA_REFERRERS: manifests.join(' '),
    });
    expect(results.filter((result) => /: (FAIL|Error|Skip)$/.test(result))).toEqual([]);
    // Ping, tags, referrers; HEAD and GET of a tag, two manifests and three blobs; what is not there; what is no digest.
    expect(counts).toMatchObject({ Pass: 20, Skip: 0, FAIL: 0, Error: 0 });
  });
});

/** The digests of the config and the layers, which both families share. */
async function blobsOf(port: number): Promise<readonly string[]> {
  const response = await fetch(`http://127.0.0.1:${port}/v2/quinistry/manifests/latest`);
  return (await response.text()).match(/sha256:[0-9a-f]{64}/g) ?? [];
}
