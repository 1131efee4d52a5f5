import { digestOf } from '@quinistry/oci-image';
import { MEDIA_TYPES } from '@quinistry/oci-image/spec';

const encoder = new TextEncoder();

/** Pushes an image with one layer over HTTP. @returns the status of the last request, and the manifest's digest. */
export async function pushImage(
  url: string,
  {
    repository = 'team/app',
    tag = 'v1',
    headers = {},
  }: { repository?: string; tag?: string; headers?: Record<string, string> } = {},
): Promise<{ readonly status: number; readonly digest: string; readonly layer: string }> {
  const base = `${url}/v2/${repository}`;
  const push = async (text: string, mediaType: string) => {
    const body = encoder.encode(text);
    const digest = digestOf(body);
    await fetch(`${base}/blobs/uploads/?digest=${digest}`, { method: 'POST', body, headers });
    return { mediaType, digest, size: body.byteLength };
  };
  const config = await push('{"architecture":"amd64","os":"linux"}', MEDIA_TYPES.oci.config);
  const layer = await push(`layer of ${tag}`, MEDIA_TYPES.oci.layer);
  const manifest = { schemaVersion: 2, mediaType: MEDIA_TYPES.oci.manifest, config, layers: [layer] };
  const body = encoder.encode(JSON.stringify(manifest));
  const { status } = await fetch(`${base}/manifests/${tag}`, {
    method: 'PUT',
    body,
    headers: { ...headers, 'Content-Type': MEDIA_TYPES.oci.manifest },
  });
  return { status, digest: digestOf(body), layer: layer.digest };
}
