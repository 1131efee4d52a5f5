/** `node bench/build-runtime-layer.js <level>`: builds the lower layer of the quine once, and prints what it took as JSON. */
import { buildLayer, MemoryBlobStore } from '@quinistry/oci-image';
import { nodeRuntimeEntries, readNodeRuntime } from '@quinistry/oci-image/node';

/** @typedef {import('@quinistry/oci-image').GzipLevel} GzipLevel */

const level = /** @type {GzipLevel} */ (Number(process.argv[2]));
const runtime = await readNodeRuntime();
const started = performance.now();
const { descriptor } = await buildLayer(nodeRuntimeEntries(runtime), { store: new MemoryBlobStore(), level, mtime: 0 });
console.log(JSON.stringify({ ms: performance.now() - started, bytes: descriptor.size }));
