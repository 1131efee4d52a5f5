/** `pnpm build`: installs and builds what is not up to date. */
import { refuseOldNode } from './bootstrap/node-floor.js';

refuseOldNode();
const { EVERYTHING } = await import('./bootstrap/bootstrap.js');
const { bootstrapped } = await import('./bootstrap/command.js');

await bootstrapped(EVERYTHING);
