/**
 * `npm run crash -- --kills 200 --seed 7`: kills a registry as many times while clients use it, and looks for what it
 * has lost. Without a seed it takes a new one, and prints it. Other options go to vitest.
 */
import { parseArgs } from 'node:util';
import { refuseOldNode } from './bootstrap/node-floor.js';

refuseOldNode();
const { EVERYTHING } = await import('./bootstrap/bootstrap.js');
const { bootstrapped, runTool } = await import('./bootstrap/command.js');

const { tokens } = parseArgs({
  options: { kills: { type: 'string' }, seed: { type: 'string' } },
  strict: false,
  tokens: true,
});
/** @type {string[]} */
const rest = [];
for (const token of tokens) {
  const isOurs = token.kind === 'option' && (token.name === 'kills' || token.name === 'seed');
  if (!isOurs) rest.push(...process.argv.slice(2 + token.index, 3 + token.index));
  else if (/^\d{1,10}$/.test(token.value ?? '')) process.env[`CRASH_${token.name.toUpperCase()}`] = token.value;
  else {
    console.error(`--${token.name} takes a whole number`);
    process.exit(2);
  }
}

await bootstrapped(EVERYTHING, () => runTool('vitest', ['run', '--config', 'vitest.crash.config.ts', ...rest]));
