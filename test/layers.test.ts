import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { cruise } from 'dependency-cruiser';
import { describe, expect, it, onTestFinished } from 'vitest';
import config from '../.dependency-cruiser.cjs';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Every broken rule in a tree of packages, as `rule: from → to`. */
async function violations(folder: string): Promise<string[]> {
  const { output } = await cruise(['packages'], {
    ...config.options,
    baseDir: folder,
    validate: true,
    ruleSet: { forbidden: config.forbidden ?? [] },
  });
  if (typeof output === 'string') throw new Error('expected a result, not a report');
  return output.summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
}

/** A repository of a few files, gone after the test. */
async function writeTree(files: Record<string, string>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'quinistry-layers-'));
  onTestFinished(() => rm(folder, { recursive: true }));
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, 'packages', path)), { recursive: true });
    await writeFile(join(folder, 'packages', path), text);
  }
  return folder;
}

describe('the layers', () => {
  it('hold in this repository', async () => {
    expect(await violations(root)).toEqual([]);
  });

  it.each([
    ['errors', 'spec/digest'],
    ['spec/digest', 'content/content'],
    ['content/content', 'image/image'],
    ['image/image', 'layout/layout'],
    ['node/runtime', 'tree/tree'],
    ['tree/tree', 'node/runtime'],
    ['spec/digest', 'index'],
  ])('refuse that oci-image/src/%s imports %s', async (from, to) => {
    const up = from.includes('/') ? '../' : './';
    const folder = await writeTree({
      [`oci-image/src/${from}.ts`]: `import type { A } from '${up}${to}.js';\nexport type B = A;\n`,
      [`oci-image/src/${to}.ts`]: 'export type A = 1;\n',
    });
    expect(await violations(folder)).toEqual([
      expect.stringMatching(
        `^oci-image: ${from.split('/')[0]} imports .*/${from}.ts → packages/oci-image/src/${to}.ts$`,
      ),
    ]);
  });

  it.each([
    ['storage/storage', 'handlers/blob'],
    ['storage/storage', 'http/range'],
    ['http/range', 'handlers/blob'],
    ['handlers/blob', 'quine/quine'],
    ['handlers/blob', 'command-line/main'],
    ['quine/quine', 'handlers/blob'],
  ])('refuse that registry-server/src/%s imports %s', async (from, to) => {
    const folder = await writeTree({
      [`registry-server/src/${from}.ts`]: `export { a } from '../${to}.js';\n`,
      [`registry-server/src/${to}.ts`]: 'export const a = 1;\n',
    });
    expect(await violations(folder)).toEqual([
      expect.stringMatching(`^registry-server: ${from.split('/')[0]} imports `),
    ]);
  });

  it('refuse that oci-image knows registry-server', async () => {
    const folder = await writeTree({
      'oci-image/src/image/image.ts': "export { a } from '../../../registry-server/src/index.js';\n",
      'registry-server/src/index.ts': 'export const a = 1;\n',
    });
    expect(await violations(folder)).toContainEqual(expect.stringContaining('does not know registry-server'));
  });

  it('refuse a builtin of Node.js in spec', async () => {
    const folder = await writeTree({ 'oci-image/src/spec/digest.ts': "export { createHash } from 'node:crypto';\n" });
    expect(await violations(folder)).toEqual([expect.stringContaining('errors and spec are pure')]);
  });

  it('refuse a file system in http', async () => {
    const folder = await writeTree({
      'registry-server/src/http/range.ts': "export { open } from 'node:fs/promises';\n",
    });
    expect(await violations(folder)).toEqual([expect.stringContaining('http is pure')]);
  });

  it('refuse a folder that has no place in the order', async () => {
    const folder = await writeTree({ 'oci-image/src/utils/strings.ts': "export { join } from 'node:path';\n" });
    expect(await violations(folder)).toEqual([expect.stringContaining('every folder is a layer')]);
  });

  it('refuse a cycle', async () => {
    const folder = await writeTree({
      'oci-image/src/image/a.ts': "export { b } from './b.js';\nexport const a = 1;\n",
      'oci-image/src/image/b.ts': "export { a } from './a.js';\nexport const b = 1;\n",
    });
    expect(await violations(folder)).toContainEqual(expect.stringContaining('no cycles'));
  });

  it('refuse that a source imports a test, or something that is not there', async () => {
    const folder = await writeTree({
      'oci-image/src/image/a.ts': "export { b } from './b.test.js';\nexport { c } from './c.js';\n",
      'oci-image/src/image/b.test.ts': 'export const b = 1;\n',
    });
    const broken = await violations(folder);
    expect(broken).toContainEqual(expect.stringContaining('no source imports a test'));
    expect(broken).toContainEqual(expect.stringContaining('every import resolves'));
  });
});
