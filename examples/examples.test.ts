/** Runs each example as a reader would, against the built packages, and compares what it prints. */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));

describe.each(['build-image', 'minimal-registry', 'multi-platform', 'push-image'])('example %s', (name) => {
  it('prints what its expected output says', async () => {
    const { stdout } = await run(process.execPath, ['--import', 'tsx', `${name}/${name}.ts`], { cwd: here });
    expect(stdout).toBe(await readFile(`${here}${name}/expected-output.txt`, 'utf8'));
  });
});

describe('the guide to the protocol', () => {
  it('shows the minimal registry as it is', async () => {
    const guide = await readFile(`${here}../docs/protocol/minimal-registry.md`, 'utf8');
    expect(guide).toContain(
      `\`\`\`typescript\n${await readFile(`${here}minimal-registry/registry.ts`, 'utf8')}\`\`\`\n`,
    );
  });
});
