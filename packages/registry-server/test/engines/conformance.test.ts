import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { describeWith } from '../../../oci-image/test/judges.js';
import { createAccount, writeHtpasswd } from './accounts.js';
import { conformanceSuite, runConformance } from './conformance.js';
import { RegistryProcess } from './registry-process.js';
import { Scope } from './scope.js';
import { temporaryFolder } from './temporary-folder.js';

/** What a registry may leave out, and what each version leaves out unless it is told otherwise. */
const EVERYTHING = {
  OCI_API_BLOBS_ATOMIC: 'true',
  OCI_API_BLOBS_DELETE: 'true',
  OCI_API_BLOBS_DIGEST_HEADER: 'true',
  OCI_API_BLOBS_MOUNT_ANONYMOUS: 'true',
  OCI_API_BLOBS_UPLOAD_CANCEL: 'true',
  OCI_API_MANIFESTS_ATOMIC: 'true',
  OCI_API_MANIFESTS_DELETE: 'true',
  OCI_API_MANIFESTS_DIGEST_HEADER: 'true',
  OCI_API_MANIFESTS_TAG_PARAM: 'true',
  OCI_API_REFERRER: 'true',
  OCI_API_TAGS_ATOMIC: 'true',
  OCI_API_TAGS_DELETE: 'true',
  OCI_API_TAGS_LIST: 'true',
  OCI_DATA_SPARSE: 'false', // A default of the registry, and so of most runs: see below.
} as const;

/** As many as the suite counts at the commit named in conformance.ts; a later one may count more. */
const LEAST_PASSES = 986;
const LEAST_PASSES_SPARSE = 1032;

const STORES = ['memory', 'directory'] as const;
type Store = (typeof STORES)[number];

describeWith([conformanceSuite], 'the conformance suite against a registry that takes pushes', () => {
  const scope = new Scope();
  afterAll(() => scope.end());

  async function storageOption(store: Store): Promise<readonly string[]> {
    return ['--storage', store === 'memory' ? 'memory' : join(await temporaryFolder(scope, 'conformance'), 'store')];
  }

  /** Runs everything that `version` has, over a registry that is started with these options and stopped at the end. */
  async function expectPasses(
    title: string,
    options: readonly string[],
    settings: Readonly<Record<`OCI_${string}`, string>>,
    leastPasses = LEAST_PASSES,
  ): Promise<void> {
    const registry = await RegistryProcess.start(scope, options);
    const { counts, results } = await runConformance(scope, {
      ...EVERYTHING,
      OCI_REGISTRY: registry.host,
      OCI_TLS: 'disabled',
      OCI_REPO1: 'conformance/one',
      OCI_REPO2: 'conformance/two',
      ...settings,
    });
    console.info(`conformance suite, ${title}: ${counts.Pass} checks passed`);
    expect(results.filter((result) => /: (FAIL|Error|Skip)$/.test(result))).toEqual([]);
    expect(counts).toMatchObject({ Disabled: 0, Skip: 0, FAIL: 0, Error: 0 });
    expect(counts.Pass).toBeGreaterThanOrEqual(leastPasses);
    await registry.process.stop();
  }

  it.each(['1.1', 'dev'].flatMap((version) => STORES.map((store) => [version, store] as const)))(
    'passes all of version %s over the %s store',
    async (version, store) => {
      await expectPasses(`version ${version}, ${store} store`, await storageOption(store), { OCI_VERSION: version });
    },
  );

  it.each(STORES)('passes sparse images as well, over the %s store where they are taken', async (store) => {
    const options = [...(await storageOption(store)), '--sparse'];
    const settings = { OCI_VERSION: 'dev', OCI_DATA_SPARSE: 'true' } as const;
    await expectPasses(`version dev with sparse images, ${store} store`, options, settings, LEAST_PASSES_SPARSE);
  });

  it.each([
    ['Basic', []],
    ['Bearer', ['--anonymous-pull']],
  ] as const)('passes all of version dev with a login, %s', async (scheme, access) => {
    const account = createAccount('conformance');
    const htpasswd = await writeHtpasswd(scope, [account]);
    const options = [...(await storageOption('memory')), '--htpasswd', htpasswd, ...access];
    await expectPasses(`version dev, login with ${scheme}`, options, {
      OCI_VERSION: 'dev',
      OCI_USERNAME: account.name,
      OCI_PASSWORD: account.password,
    });
  });
});
