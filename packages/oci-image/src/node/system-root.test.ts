import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RootDirectory } from './fixtures/root-directory.js';
import { createRootDirectory } from './fixtures/root-directory.js';
import type { SystemRoot } from './system-root.js';
import { createSystemRoot } from './system-root.js';

let directory: RootDirectory;
let root: SystemRoot;

beforeAll(async () => {
  directory = await createRootDirectory({
    '/usr/lib/libx.so.1.2': 'x',
    '/usr/lib/libx.so.1': { symlink: 'libx.so.1.2' },
    '/lib': { symlink: 'usr/lib' },
    '/absolute': { symlink: '/lib/libx.so.1' },
    '/outside': { symlink: '../../../../../../../../usr/lib/libx.so.1' },
    '/circle': { symlink: 'circle' },
    '/dangling': { symlink: '/etc/passwd' },
  });
  root = createSystemRoot(directory.path);
});
afterAll(() => directory.remove());

describe('SystemRoot.locate', () => {
  it.each([
    '/usr/lib/libx.so.1',
    '/lib/libx.so.1',
    '/absolute',
    '/usr/../lib/./libx.so.1',
    '/../../usr/lib/libx.so.1.2',
  ])('follows the links of %s within the root', async (path) => {
    expect(await root.locate(path)).toBe('/usr/lib/libx.so.1.2');
  });

  it('does not leave the root through ".." of a link, nor through an absolute one', async () => {
    expect(await root.locate('/outside')).toBe('/usr/lib/libx.so.1.2');
    expect(await root.locate('/dangling')).toBeUndefined();
  });

  it.each(['/none', '/usr/lib/none', '/usr/lib/libx.so.1.2/none'])(
    'gives nothing for %s, which is not there',
    async (path) => {
      expect(await root.locate(path)).toBeUndefined();
    },
  );

  it('fails with FILE_UNREADABLE on links in a circle', async () => {
    await expect(root.locate('/circle')).rejects.toMatchObject({
      code: 'FILE_UNREADABLE',
      message: expect.stringContaining(join(directory.path, 'circle')),
    });
  });

  it("follows links on this machine's own root", async () => {
    expect(await createSystemRoot('/').locate(join(directory.path, 'lib/libx.so.1'))).toMatch(
      /\/usr\/lib\/libx\.so\.1\.2$/,
    );
    expect(await createSystemRoot('/').locate(join(directory.path, 'none'))).toBeUndefined();
  });
});

describe('SystemRoot.read', () => {
  it('gives the bytes of a file behind links, and nothing where there is none', async () => {
    expect(await root.read('/absolute')).toEqual(Buffer.from('x'));
    expect(await root.read('/none')).toBeUndefined();
  });
});
