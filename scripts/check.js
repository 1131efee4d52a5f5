/**
 * `pnpm check`: everything a change has to pass, in one command; `pnpm check lint types` runs these two alone.
 * All of them run, whichever fails. The tests hold the layers, the exports, the documentation's snippets and the packed packages.
 */
import { refuseOldNode } from './bootstrap/node-floor.js';

refuseOldNode();
const { EVERYTHING } = await import('./bootstrap/bootstrap.js');
const { bootstrapped, runTool } = await import('./bootstrap/command.js');
const { RunError } = await import('./bootstrap/run.js');

/** @type {Record<string, ReadonlyArray<readonly [tool: string, ...args: string[]]>>} */
const checks = {
  lint: [['biome', 'check']],
  types: [
    ['tsc', '--project', 'tsconfig.json'],
    ['tsc', '--project', 'packages/oci-image/src/spec/tsconfig.json'],
  ],
  unused: [['knip']],
  tests: [['vitest', 'run', '--typecheck']],
};

const asked = process.argv.slice(2);
const unknown = asked.filter((name) => !(name in checks));
if (unknown.length > 0) {
  console.error(`There is no check ${unknown.join(', ')}; there are ${Object.keys(checks).join(', ')}.`);
  process.exit(2);
}

await bootstrapped(EVERYTHING, async () => {
  const failed = [];
  for (const [name, commands] of Object.entries(checks)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const started = performance.now();
    console.log(`\n== ${name}`);
    let passed = true;
    for (const [tool, ...args] of commands) {
      passed = (await passes(tool, args)) && passed;
    }
    if (!passed) failed.push(name);
    console.log(`== ${name} ${passed ? 'passed' : 'failed'} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  }
  if (failed.length > 0) throw new RunError('checks failed', 1);
});

/**
 * @param {string} tool
 * @param {readonly string[]} args
 */
async function passes(tool, args) {
  try {
    await runTool(tool, args);
    return true;
  } catch (error) {
    if (error instanceof RunError && error.exitStatus < 128) return false;
    throw error;
  }
}
