import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { bundledPackages, formatLicences } from './licences.js';

let root: string;

async function addPackage(folder: string, manifest: object, files: Record<string, string> = {}): Promise<string> {
  await mkdir(join(root, folder), { recursive: true });
  for (const [name, text] of Object.entries({ 'package.json': JSON.stringify(manifest), ...files })) {
    await writeFile(join(root, folder, name), text);
  }
  return join(root, folder, 'lib/index.js');
}

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'quinistry-licences-'));
  onTestFinished(() => rm(root, { recursive: true }));
});

describe('bundledPackages', () => {
  it('finds the package of each file once, and orders by name and version', async () => {
    const b = await addPackage('node_modules/b', { name: 'b', version: '1.0.0', license: 'MIT' }, { LICENSE: 'B\r\n' });
    const nested = await addPackage(
      'node_modules/.pnpm/b@1.0.0/node_modules/@a/c',
      { name: '@a/c', version: '2.0.0', license: 'ISC' },
      { 'license.md': 'C\n\n', 'readme.md': '' },
    );
    expect(bundledPackages([b, nested, `${b}.other.js`, join(root, 'src/own.ts')])).toEqual([
      { name: '@a/c', version: '2.0.0', licence: 'ISC', text: 'C' },
      { name: 'b', version: '1.0.0', licence: 'MIT', text: 'B' },
    ]);
  });

  it('throws for a package without a licence text, and for one that names no licence', async () => {
    const textless = await addPackage('node_modules/a', { name: 'a', version: '1.0.0', license: 'MIT' });
    expect(() => bundledPackages([textless])).toThrow('a@1.0.0 is bundled');
    const nameless = await addPackage('node_modules/b', { name: 'b', version: '1.0.0' }, { COPYING: 'text' });
    expect(() => bundledPackages([nameless])).toThrow('b@1.0.0 is bundled');
  });
});

describe('formatLicences', () => {
  it('names package, version and licence over each text', () => {
    expect(formatLicences([{ name: 'a', version: '1.0.0', licence: 'MIT', text: 'Do as you like.' }])).toMatch(
      /^a 1\.0\.0 \(MIT\)\n\nDo as you like\.\n$/m,
    );
  });
});
