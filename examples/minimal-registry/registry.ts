/** A registry out of the standard library: one image, of one layer, with one file. */
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import { gzipSync } from 'node:zlib';
import { HELLO } from './hello.js';
import { tarOf } from './tar.js';

const digestOf = (bytes: Uint8Array) => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
const jsonOf = (value: unknown) => Buffer.from(JSON.stringify(value));

const tar = tarOf('hello', '0000755', HELLO);
const layer = gzipSync(tar);
const config = jsonOf({
  architecture: 'amd64',
  os: 'linux',
  config: { Entrypoint: ['/hello'] },
  rootfs: { type: 'layers', diff_ids: [digestOf(tar)] }, // of the tar
});

const MANIFEST = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG = 'application/vnd.oci.image.config.v1+json';
const LAYER = 'application/vnd.oci.image.layer.v1.tar+gzip';
const manifest = jsonOf({
  schemaVersion: 2,
  mediaType: MANIFEST,
  config: { mediaType: CONFIG, digest: digestOf(config), size: config.byteLength },
  layers: [{ mediaType: LAYER, digest: digestOf(layer), size: layer.byteLength }], // of the bytes that are sent
});

const answers = new Map([
  ['/v2/', { status: 200, type: 'application/json', bytes: jsonOf({}) }],
  ['/v2/hello/manifests/latest', { status: 200, type: MANIFEST, bytes: manifest }],
  [`/v2/hello/manifests/${digestOf(manifest)}`, { status: 200, type: MANIFEST, bytes: manifest }],
  [`/v2/hello/blobs/${digestOf(config)}`, { status: 200, type: 'application/octet-stream', bytes: config }],
  [`/v2/hello/blobs/${digestOf(layer)}`, { status: 200, type: 'application/octet-stream', bytes: layer }],
]);
const unknown = { status: 404, type: 'application/json', bytes: jsonOf({ errors: [{ code: 'NAME_UNKNOWN' }] }) };

export const registry = createServer((request, response) => {
  const path = request.url?.replace(/\?.*/, '') ?? ''; // A mirror in containerd's configuration adds ?ns=.
  const { status, type, bytes } = answers.get(path) ?? unknown;
  response.writeHead(status, {
    'Content-Type': type,
    'Content-Length': bytes.byteLength, // A HEAD needs it more than a GET: there is no body to count.
    'Docker-Content-Digest': digestOf(bytes),
  });
  response.end(bytes); // Node.js leaves the body away when it answers a HEAD.
});
