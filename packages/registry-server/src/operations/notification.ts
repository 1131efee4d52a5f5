import { randomUUID } from 'node:crypto';
import type { RegistryEvent } from '../registry-event.js';

/**
 * What a webhook sends: the envelope of distribution's notifications, which receivers of registry events understand.
 * What is not known is left out: the address under which clients call the registry is theirs, not ours.
 *
 * Source: distribution's documentation, "Notifications".
 */
export const NOTIFICATION_MEDIA_TYPE = 'application/vnd.docker.distribution.events.v1+json';

/** The body of a notification about `event`; with several tags, several events of one request. */
export function formatNotification(event: RegistryEvent, at: Date): string {
  const { action, kind, repository, digest, tags, mediaType, size, from, identity, requestId } = event;
  const named = tags.length === 0 ? [undefined] : tags;
  const events = named.map((tag) => ({
    id: randomUUID(),
    timestamp: at.toISOString(),
    action,
    target: {
      // Receivers tell blobs from manifests by the media type.
      mediaType: mediaType ?? (kind === 'blob' ? 'application/octet-stream' : undefined),
      size,
      length: size,
      digest,
      repository,
      fromRepository: from,
      tag,
    },
    request: { id: requestId },
    actor: { name: identity },
  }));
  return JSON.stringify({ events });
}
