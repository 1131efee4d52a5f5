/** Builds an image from files and prints what it is. Nothing is needed but Node.js: no Docker, no root. */
import { buildLayer, createImage, directory, file, MemoryBlobStore, symlink } from '@quinistry/oci-image';

const store = new MemoryBlobStore();

// Files are described, not copied: path in the image, content, and what differs from the defaults (root's, 0644).
const layer = await buildLayer(
  [
    file('/srv/hello.txt', 'Hello from a layer.\n'),
    file('/usr/local/bin/hello', '#!/bin/sh\ncat /srv/hello.txt\n', { mode: 0o755 }),
    symlink('/hello', 'usr/local/bin/hello'),
    directory('/var/cache/hello', { mode: 0o700, uid: 65532, gid: 65532 }),
  ],
  { store },
);

const description = createImage({ platform: 'linux/amd64' })
  .addLayer(layer, { createdBy: 'four entries' })
  .withContainer({ entrypoint: ['/hello'], user: '65532', labels: { 'org.opencontainers.image.title': 'hello' } });

// One description, both families.
for (const image of [await description.build(store), await description.toFamily('docker').build(store)]) {
  console.log(image.mediaType);
  console.log(`  config  ${image.config.digest}`);
  for (const { diffId } of image.layers) console.log(`  diffID  ${diffId}`);
}
