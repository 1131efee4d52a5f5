import { buildLayer, contentOf, createImage, file, MemoryBlobStore } from '@quinistry/oci-image';
import type { Quine } from '../../quine/build-quine.js';

/** An image in both families that is built in no time. */
export async function buildTinyQuine(): Promise<Quine> {
  const store = new MemoryBlobStore();
  const layer = await buildLayer([file('/hello', contentOf('hello'), { mtime: new Date(0) })], { store });
  const oci = createImage({ platform: 'linux/amd64', created: new Date(0) }).addLayer(layer, { createdBy: 'a test' });
  return { images: [await oci.toFamily('docker').build(store), await oci.build(store)], store };
}
