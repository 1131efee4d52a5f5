import { type BlobInfo, digestOf } from '@quinistry/oci-image';
import { type Descriptor, MEDIA_TYPES } from '@quinistry/oci-image/spec';
import type { PushedManifest } from './expected-registry.js';

const LABEL = 'org.example.label';

/** @param label - makes the manifest another one than all others. */
export function imageOf(label: string, blobs: readonly BlobInfo[], subject?: PushedManifest): PushedManifest {
  const [config, ...layers] = blobs.map(({ digest, size }) => ({ mediaType: MEDIA_TYPES.oci.layer, digest, size }));
  const document = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.oci.manifest,
    artifactType: 'application/vnd.example.pushed',
    config: { ...config, mediaType: 'application/vnd.example.config' },
    layers,
    ...(subject && { subject: descriptorOf(subject) }),
    annotations: { [LABEL]: label },
  };
  return { ...sealed(document), blobs: blobs.map(({ digest }) => digest), members: [], subject: subject?.digest };
}

export function indexOf(label: string, members: readonly PushedManifest[]): PushedManifest {
  const document = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.oci.index,
    manifests: members.map(descriptorOf),
    annotations: { [LABEL]: label },
  };
  return { ...sealed(document), blobs: [], members: members.map(({ digest }) => digest) };
}

function sealed<D extends { readonly mediaType: string }>(document: D) {
  const bytes = new TextEncoder().encode(JSON.stringify(document));
  return { digest: digestOf(bytes), mediaType: document.mediaType, bytes };
}

function descriptorOf({ mediaType, digest, bytes }: PushedManifest): Descriptor {
  return { mediaType, digest, size: bytes.length };
}
