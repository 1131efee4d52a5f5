/** `npm test`: installs and builds what is not up to date, then runs the tests. Options go to vitest. */
import { refuseOldNode } from './bootstrap/node-floor.js';

refuseOldNode();
const { EVERYTHING } = await import('./bootstrap/bootstrap.js');
const { bootstrapped, runTool } = await import('./bootstrap/command.js');

await bootstrapped(EVERYTHING, () => runTool('vitest', ['run', ...process.argv.slice(2)]));
