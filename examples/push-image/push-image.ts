/** Builds an image, pushes it to a registry that takes pushes, and finds it there. */
import { buildLayer, createImage, file, MemoryBlobStore } from '@quinistry/oci-image';
import { createMemoryStore, createRegistry, startServer } from '@quinistry/registry-server';
import { pushImage } from './push.js';

const store = new MemoryBlobStore();
const layer = await buildLayer([file('/srv/hello.txt', 'hello')], { store });
const image = await createImage({ platform: 'linux/amd64' }).addLayer(layer).build(store);

// It could be any other one: quinistry --storage ./registry on port 8080, say.
const registry = createRegistry({
  storage: createMemoryStore(),
  onEvent: ({ action, kind, repository, tags }) => console.log(action, kind, [repository, ...tags].join(':')),
});
const server = await startServer({ registry, host: '127.0.0.1', port: 0 });
const repository = `http://127.0.0.1:${server.port}/v2/team/hello`;

await pushImage(image, repository, 'v1');
await pushImage(image, repository, 'latest'); // the blobs are there already

const { headers } = await fetch(`${repository}/manifests/latest`, { method: 'HEAD' });
console.log('the digest is the same:', headers.get('docker-content-digest') === image.digest);
await server.close();
