import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setAttributeSync } from '@napi-rs/xattr';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { describeWith, judge, root as superuser } from '../../test/judges.js';
import { readTree } from './read-tree.js';
import { isPortableXattr } from './read-xattrs.js';

const BINARY = Buffer.from([0, 1, 0x3d, 0x0a, 0xff, 0xfe]);

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'read-xattrs-'));
  writeFileSync(join(root, 'a'), '');
  symlinkSync('a', join(root, 'link'));
});

afterEach(() => {
  vi.doUnmock('@napi-rs/xattr');
  rmSync(root, { recursive: true, force: true });
});

describe('isPortableXattr', () => {
  it('takes capabilities and notes of users, and nothing of the machine', () => {
    const taken = ['security.capability', 'user.a', 'user.'];
    const left = [
      'security.selinux',
      'system.posix_acl_access',
      'trusted.overlay.opaque',
      'com.apple.quarantine',
      'username',
    ];
    expect([...taken, ...left].filter(isPortableXattr)).toEqual(taken);
  });
});

describe('readTree with xattrs', () => {
  it('asks for the package by name where it is not installed', async () => {
    vi.doMock('@napi-rs/xattr', () => {
      throw new Error('Cannot find package');
    });
    await expect(readTree(root, { xattrs: true })).rejects.toMatchObject({
      code: 'PACKAGE_NOT_FOUND',
      message: expect.stringContaining('@napi-rs/xattr'),
    });
  });

  it('needs no package where they are not asked for', async () => {
    vi.doMock('@napi-rs/xattr', () => {
      throw new Error('Cannot find package');
    });
    expect(await readTree(root)).toHaveLength(2);
  });

  const userXattrs = judge('a file system with user xattrs', () => {
    const probe = mkdtempSync(join(tmpdir(), 'xattr-probe-'));
    try {
      setAttributeSync(probe, 'user.probe', Buffer.of(1));
      return true;
    } finally {
      rmSync(probe, { recursive: true });
    }
  });
  describeWith([userXattrs], 'on such a file system', () => {
    it('reads binary values byte for byte, and those of a symbolic link itself', async () => {
      setAttributeSync(join(root, 'a'), 'user.binary', BINARY);
      setAttributeSync(join(root, 'a'), 'user.empty', Buffer.of());
      const [file, link] = await readTree(root, { xattrs: true });
      expect([...(file?.xattrs ?? [])]).toEqual([
        ['user.binary', new Uint8Array(BINARY)],
        ['user.empty', new Uint8Array()],
      ]);
      expect(link?.xattrs?.size).toBe(0);
    });

    it('takes those that a function picks', async () => {
      for (const name of ['user.a', 'user.b']) setAttributeSync(join(root, 'a'), name, BINARY);
      const [file] = await readTree(root, { xattrs: (name) => name === 'user.b' });
      expect([...(file?.xattrs?.keys() ?? [])]).toEqual(['user.b']);
    });

    it('refuses a name that is not UTF-8 rather than lose its attributes', async () => {
      writeFileSync(Buffer.concat([Buffer.from(`${root}/`), Buffer.of(0xff)]), '');
      await expect(readTree(root, { xattrs: true })).rejects.toMatchObject({
        code: 'FILE_UNREADABLE',
        message: expect.stringContaining('not UTF-8'),
      });
    });
  });

  describeWith([superuser, userXattrs], 'as root', () => {
    it('keeps the capabilities of a program, and leaves what the machine keeps for itself', async () => {
      const capability = Buffer.from('0100000200040000000000000000000000000000', 'hex'); // cap_net_bind_service=ep
      setAttributeSync(join(root, 'a'), 'security.capability', capability);
      setAttributeSync(join(root, 'a'), 'trusted.machine', BINARY);
      const [file] = await readTree(root, { xattrs: true });
      expect([...(file?.xattrs ?? [])]).toEqual([['security.capability', new Uint8Array(capability)]]);
    });
  });
});
