import { describe } from 'vitest';
import { describeAnyOrder } from './describe-any-order.js';
import { describeBlobs } from './describe-blobs.js';
import { describeConcurrency } from './describe-concurrency.js';
import { describeGarbage } from './describe-garbage.js';
import { describeLists } from './describe-lists.js';
import { describeManifests } from './describe-manifests.js';
import { describePersistence } from './describe-persistence.js';
import { describeReferrers } from './describe-referrers.js';
import { describeSealing } from './describe-sealing.js';
import { describeUploads } from './describe-uploads.js';
import type { OpenStore } from './store-under-test.js';

/**
 * The contract of `RegistryStore` as tests, for whoever writes one: each test opens a store of its own, empty.
 *
 * @param name - what to call the store in the report.
 */
export function describeRegistryStore(name: string, open: OpenStore): void {
  describe(name, () => {
    describeUploads(open);
    describeSealing(open);
    describeBlobs(open);
    describeManifests(open);
    describeLists(open);
    describeReferrers(open);
    describeConcurrency(open);
    describeGarbage(open);
    describePersistence(open);
    describeAnyOrder(open);
  });
}
