/** Directories full of images, written straight to the disk: pushing ten thousand would take longer than what is measured. */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createBlob, createManifest } from './registry-load.js';

const MANIFEST_TYPE = 'application/vnd.oci.image.manifest.v1+json';

/**
 * A tree of image layouts, `r0` and on, as quinistry keeps them. Each tag, `t0` and on, has a manifest of its own.
 *
 * @param {string} directory
 * @param {{ repositories: number, tags: number }} options tags: in each
 */
export function writeLayoutTree(directory, { repositories, tags }) {
  for (let repository = 0; repository < repositories; repository++) {
    const path = join(directory, `r${repository}`);
    const blobs = join(path, 'blobs', 'sha256');
    mkdirSync(blobs, { recursive: true });
    const write = (/** @type {Uint8Array} */ bytes) => {
      const hex = createHash('sha256').update(bytes).digest('hex');
      writeFileSync(join(blobs, hex), bytes);
      return `sha256:${hex}`;
    };
    const config = createBlob(1000);
    for (const piece of config.pieces) write(piece);
    const manifests = Array.from({ length: tags }, (_, tag) => {
      const layer = createBlob(100);
      for (const piece of layer.pieces) write(piece);
      const manifest = createManifest(layer, config);
      const annotations = { 'org.opencontainers.image.ref.name': `t${tag}` };
      return { mediaType: MANIFEST_TYPE, digest: write(manifest), size: manifest.length, annotations };
    });
    writeFileSync(join(path, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
    writeFileSync(join(path, 'oci-layout'), JSON.stringify({ imageLayoutVersion: '1.0.0' }));
  }
}
