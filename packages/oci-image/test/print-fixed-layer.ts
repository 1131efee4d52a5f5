/** Builds the fixed tree as a layer and prints what came out as JSON: bundled, and run by one Node.js after the other. */
import { buildLayer, MemoryBlobStore } from '../src/index.js';
import { fixedTree } from './fixed-tree.js';

export interface FixedLayer {
  /** `process.versions.zlib` */
  readonly zlib: string;
  readonly diffId: string;
  /** Of the gzip layer. */
  readonly digest: string;
  /** Bytes of the gzip layer. */
  readonly size: number;
}

const { diffId, descriptor } = await buildLayer(fixedTree(), { store: new MemoryBlobStore(), mtime: 0 });
const result: FixedLayer = { zlib: process.versions.zlib, diffId, digest: descriptor.digest, size: descriptor.size };
console.log(JSON.stringify(result));
