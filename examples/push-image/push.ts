/** Pushes an image to any registry that wants no login: the blobs first, the manifest last. */
import { type Image, readAll } from '@quinistry/oci-image';

/**
 * Each blob is held in memory for the length of its request.
 *
 * @param repository - an address: `http://localhost:8080/v2/team/app`.
 */
export async function pushImage(image: Image, repository: string, tag: string): Promise<void> {
  const { config, layers } = image.manifest.value;
  for (const { digest, size } of [config, ...layers]) {
    const { status } = await fetch(`${repository}/blobs/${digest}`, { method: 'HEAD' });
    if (status === 200) continue; // it is there already
    const { headers } = await send('POST', `${repository}/blobs/uploads/`);
    // Where the bytes go is up to the registry: the address may be relative, on another host, and have a query.
    const upload = new URL(headers.get('location') ?? '', repository);
    upload.searchParams.set('digest', digest);
    await send('PUT', upload, await readAll(image.store.open(digest), { maxBytes: size }));
  }
  await send('PUT', `${repository}/manifests/${tag}`, image.manifest.bytes, image.mediaType);
}

async function send(method: string, url: string | URL, body?: Uint8Array, type = 'application/octet-stream') {
  const response = await fetch(url, { method, headers: { 'Content-Type': type }, ...(body && { body }) });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}
