/** `npm start`: installs and builds what is not up to date, then is the server: same process, same options. */
import { refuseOldNode } from './bootstrap/node-floor.js';

refuseOldNode();
const { fileURLToPath } = await import('node:url');
const { TO_START } = await import('./bootstrap/bootstrap.js');
const { bootstrapped, root } = await import('./bootstrap/command.js');

await bootstrapped(TO_START, async () => {
  const command = new URL('packages/registry-server/dist/quinistry.mjs', root);
  process.argv[1] = fileURLToPath(command);
  await import(command.href);
});
