/** What clients do to a registry: the requests of pulls and pushes, and how long they take. */
import { createHash, randomBytes } from 'node:crypto';
import { formatHead, HttpConnection, header } from './http-connection.js';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';
const CONFIG_TYPE = 'application/vnd.oci.image.config.v1+json';
const LAYER_TYPE = 'application/vnd.oci.image.layer.v1.tar';

/** Written to the connection at once; also what a blob repeats, behind a beginning of its own. */
const PIECE = randomBytes(256 * 1024);

/** Unlike in any other run, so that no server finds it has the blob. */
let blobs = 0;
const NONCE = randomBytes(16).toString('hex');

/** @typedef {{ digest: string, size: number, pieces: readonly Uint8Array[] }} Blob pieces: of which many are the same */

/**
 * @param {number} size in bytes
 * @returns {Blob}
 */
export function createBlob(size) {
  const first = Buffer.from(PIECE.subarray(0, Math.min(size, PIECE.length)));
  first.write(`${NONCE} ${blobs++} `, 'latin1');
  const pieces = [first];
  for (let rest = size - first.length; rest > 0; rest -= PIECE.length) pieces.push(PIECE.subarray(0, rest));
  const hash = createHash('sha256');
  for (const piece of pieces) hash.update(piece);
  return { digest: `sha256:${hash.digest('hex')}`, size, pieces };
}

/**
 * @param {Blob} layer
 * @param {Blob} config
 */
export function createManifest(layer, config) {
  const descriptor = (/** @type {string} */ mediaType, /** @type {Blob} */ { digest, size }) => ({
    mediaType,
    digest,
    size,
  });
  const document = {
    schemaVersion: 2,
    mediaType: MANIFEST_TYPE,
    config: descriptor(CONFIG_TYPE, config),
    layers: [descriptor(LAYER_TYPE, layer)],
  };
  return Buffer.from(JSON.stringify(document));
}

/**
 * POST, PATCH, PUT: the way of docker, podman and containerd.
 *
 * @param {HttpConnection} connection
 * @param {string} repository
 * @param {Blob} blob
 */
export async function pushBlob(connection, repository, { digest, size, pieces }) {
  const head = formatHead('POST', `/v2/${repository}/blobs/uploads/`, { 'Content-Length': 0 });
  const session = locate(expect(202, await connection.request(head)));
  const type = 'application/octet-stream';
  const chunk = formatHead('PATCH', session, { 'Content-Type': type, 'Content-Length': size });
  const end = locate(expect(202, await connection.request(chunk, pieces)));
  const target = `${end}${end.includes('?') ? '&' : '?'}digest=${digest}`;
  expect(201, await connection.request(formatHead('PUT', target, { 'Content-Length': 0 })));
}

/**
 * @param {HttpConnection} connection
 * @param {string} repository
 * @param {string} tag
 * @param {Uint8Array} manifest
 */
export async function pushManifest(connection, repository, tag, manifest) {
  const headers = { 'Content-Type': MANIFEST_TYPE, 'Content-Length': manifest.length };
  const head = formatHead('PUT', `/v2/${repository}/manifests/${tag}`, headers);
  expect(201, await connection.request(head, [manifest]));
}

/**
 * @param {HttpConnection} connection
 * @param {string} repository
 * @param {string} tag
 * @param {number} layerBytes
 */
export async function pushImage(connection, repository, tag, layerBytes) {
  const layer = createBlob(layerBytes);
  const config = createBlob(1000);
  await pushBlob(connection, repository, layer);
  await pushBlob(connection, repository, config);
  await pushManifest(connection, repository, tag, createManifest(layer, config));
  return layer;
}

/**
 * The same request again and again, on several connections.
 *
 * @param {number} port
 * @param {string} target
 * @param {{ clients: number, durationMs: number }} options
 * @returns {Promise<number>} answers per second
 */
export async function measureRate(port, target, { clients, durationMs }) {
  const head = formatHead('GET', target, { Accept: MANIFEST_TYPE });
  let answers = 0;
  const started = performance.now();
  await withConnections(port, clients, async (connection) => {
    while (performance.now() - started < durationMs) {
      const { status } = await connection.request(head);
      if (status !== 200) throw new Error(`${target} was answered with ${status}`);
      answers++;
    }
  });
  return (answers / (performance.now() - started)) * 1000;
}

/**
 * @param {HttpConnection} connection
 * @param {string} repository
 * @param {Blob} blob
 */
export async function pullBlob(connection, repository, { digest, size }) {
  const answer = expect(200, await connection.request(formatHead('GET', `/v2/${repository}/blobs/${digest}`)));
  if (answer.bytes !== size) throw new Error(`${digest} has ${answer.bytes} bytes where ${size} were expected`);
}

/**
 * @param {number} port
 * @param {number} clients
 * @param {(connection: HttpConnection, client: number) => Promise<void>} work
 */
export async function withConnections(port, clients, work) {
  const connections = await Promise.all(Array.from({ length: clients }, () => HttpConnection.open(port)));
  try {
    await Promise.all(connections.map(work));
  } finally {
    for (const connection of connections) connection.close();
  }
}

/**
 * @param {() => Promise<unknown>} work
 * @returns {Promise<number>} milliseconds
 */
export async function timed(work) {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/**
 * @param {number} status
 * @param {import('./http-connection.js').Answer} answer
 */
function expect(status, answer) {
  if (answer.status !== status) throw new Error(`${status} was expected, and this came:\n${answer.head}`);
  return answer;
}

/** @param {import('./http-connection.js').Answer} answer */
function locate({ head }) {
  const location = header(head, 'location');
  return location.replace(/^https?:\/\/[^/]*/, '');
}
