/** Starts the registry, pulls its image as an engine does, and holds every digest against the bytes. With a port, it goes on serving there. */
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';
import { registry } from './registry.js';

const port = process.argv[2];
registry.listen(Number(port ?? 0), '127.0.0.1');
await once(registry, 'listening');
const repository = `http://127.0.0.1:${(registry.address() as AddressInfo).port}/v2/hello`;

async function pull(path: string, accept = '*/*'): Promise<Buffer> {
  // Without `identity`, fetch would unpack what comes with a Content-Encoding, and hash other bytes than were sent.
  const response = await fetch(`${repository}/${path}`, { headers: { Accept: accept, 'Accept-Encoding': 'identity' } });
  if (!response.ok) throw new Error(`${path}: ${response.status} ${await response.text()}`);
  return Buffer.from(await response.arrayBuffer());
}

function verify(what: string, bytes: Uint8Array, digest: string): void {
  const actual = `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
  if (actual !== digest) throw new Error(`${what} is ${actual}, expected ${digest}`);
  console.log(`${what} is what its digest says`);
}

const head = await fetch(`${repository}/manifests/latest`, { method: 'HEAD' });
const digest = head.headers.get('Docker-Content-Digest') ?? '';

const manifestBytes = await pull(`manifests/${digest}`, head.headers.get('Content-Type') ?? '');
verify('the manifest', manifestBytes, digest);
const manifest = JSON.parse(manifestBytes.toString());

const configBytes = await pull(`blobs/${manifest.config.digest}`);
verify('the config', configBytes, manifest.config.digest);
const config = JSON.parse(configBytes.toString());

for (const [index, { digest: layerDigest }] of manifest.layers.entries()) {
  const layer = await pull(`blobs/${layerDigest}`);
  verify(`layer ${index}, as it was sent`, layer, layerDigest);
  verify(`layer ${index}, unpacked`, gunzipSync(layer), config.rootfs.diff_ids[index]);
}

console.log(`image ID ${manifest.config.digest}`);
console.log(`diffID   ${config.rootfs.diff_ids[0]}`);

if (port === undefined) registry.close();
else console.log(`serving; try docker run --rm localhost:${port}/hello`);
