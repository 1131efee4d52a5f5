import { parseDigest } from '@quinistry/oci-image/spec';
import { describe, expect, it } from 'vitest';
import { formatNotification } from './notification.js';

const AT = new Date('2024-05-06T07:08:09.010Z');
const DIGEST = parseDigest(`sha256:${'0'.repeat(64)}`);

describe('formatNotification', () => {
  it('tells of a pushed manifest once for each of its tags', () => {
    const { events } = JSON.parse(
      formatNotification(
        {
          action: 'push',
          kind: 'manifest',
          repository: 'team/app',
          digest: DIGEST,
          tags: ['v1', 'latest'],
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          size: 592,
          identity: 'alice',
          requestId: 'r-1',
        },
        AT,
      ),
    );
    expect(events).toMatchObject(
      ['v1', 'latest'].map((tag) => ({
        timestamp: '2024-05-06T07:08:09.010Z',
        action: 'push',
        target: {
          mediaType: 'application/vnd.oci.image.manifest.v1+json',
          size: 592,
          length: 592,
          digest: DIGEST,
          repository: 'team/app',
          tag,
        },
        request: { id: 'r-1' },
        actor: { name: 'alice' },
      })),
    );
    expect(events[0].id).not.toBe(events[1].id);
  });

  it('names where a mounted blob came from', () => {
    const event = { action: 'mount', kind: 'blob', repository: 'a', digest: DIGEST, tags: [], from: 'b' } as const;
    const { events } = JSON.parse(formatNotification({ ...event, requestId: 'r-1' }, AT));
    expect(events).toHaveLength(1);
    expect(events[0]).toMatchObject({
      action: 'mount',
      target: { mediaType: 'application/octet-stream', repository: 'a', fromRepository: 'b', digest: DIGEST },
      actor: {},
    });
  });

  it('leaves out the digest of a deleted tag, for what it named stays', () => {
    const event = { action: 'delete', kind: 'tag', repository: 'a', tags: ['v1'], requestId: 'r-1' } as const;
    const { events } = JSON.parse(formatNotification(event, AT));
    expect(events[0].target).toEqual({ repository: 'a', tag: 'v1' });
  });
});
