/** Builds one image for two platforms and an index over both, from which an engine picks the one that fits. */
import { buildLayer, createImage, createImageIndex, file, MemoryBlobStore } from '@quinistry/oci-image';

const store = new MemoryBlobStore();

async function buildFor(platform: string) {
  // What is the same everywhere is the same layer, and lies in the store once.
  const shared = await buildLayer([file('/etc/motd', 'Welcome.\n')], { store });
  const own = await buildLayer([file('/etc/platform', `${platform}\n`)], { store });
  return createImage({ platform }).addLayer(shared).addLayer(own).build(store);
}

const index = await createImageIndex()
  .add(await buildFor('linux/amd64'))
  .add(await buildFor('linux/arm64/v8'))
  .withAnnotations({ 'org.opencontainers.image.title': 'motd' })
  .build(store);

console.log(index.mediaType);
for (const member of index.members) {
  if (member.kind !== 'image') continue;
  const { os, architecture, variant } = member.platform;
  console.log(`  ${[os, architecture, variant].filter(Boolean).join('/')}`);
  for (const { diffId } of member.layers) console.log(`    ${diffId}`);
}
