/** Extended attributes of files on this machine, which Node itself cannot read. */

import { isUtf8 } from 'node:buffer';
import { constants } from 'node:os';
import { unreadableFile } from '../content/file-content.js';
import { OciError } from '../errors.js';

/** Whether an extended attribute goes into the layer, by its name with the namespace. */
export type XattrFilter = (name: string) => boolean;

/** The attributes of one file that `accepts` takes; of a symbolic link, its own. */
export type ReadXattrs = (location: Buffer) => Promise<ReadonlyMap<string, Uint8Array>>;

/**
 * What belongs to a file wherever it is: capabilities, which a program needs to run, and what users note.
 * The rest belongs to a machine: `security.selinux` and `security.ima` are set by its policy, `system.posix_acl_access` names
 * its accounts, `trusted.overlay.opaque` its mounts, `com.apple.quarantine` its downloads. Engines refuse or drop most of it.
 */
export function isPortableXattr(name: string): boolean {
  return name === 'security.capability' || name.startsWith('user.');
}

/**
 * @throws {OciError} `PACKAGE_NOT_FOUND` where the optional package `@napi-rs/xattr` is not installed, or has no binary
 * for this machine. The function that is returned throws `FILE_UNREADABLE`.
 */
export async function openXattrs(accepts: XattrFilter): Promise<ReadXattrs> {
  const { listAttributes, getAttribute } = await import('@napi-rs/xattr').catch((cause) => {
    throw new OciError(
      'PACKAGE_NOT_FOUND',
      'cannot read extended attributes: expected the package @napi-rs/xattr to be installed beside @quinistry/oci-image',
      { cause },
    );
  });
  return async (location) => {
    if (!isUtf8(location)) {
      // The package takes text alone. Without its attributes, the file would be another one.
      throw new OciError(
        'FILE_UNREADABLE',
        `cannot read the extended attributes of ${location}: its name is not UTF-8`,
      );
    }
    const path = location.toString();
    try {
      const xattrs = new Map<string, Uint8Array>();
      for (const name of (await listAttributes(path)).filter(accepts).sort()) {
        const value = await getAttribute(path, name);
        if (value !== null) xattrs.set(name, value);
      }
      return xattrs;
    } catch (cause) {
      if (isUnsupported(cause)) return new Map();
      throw unreadableFile(location, cause);
    }
  };
}

/** A file system without extended attributes has none. The package tells the error's number in its message alone. */
function isUnsupported(cause: unknown): boolean {
  return cause instanceof Error && cause.message.includes(`(os error ${constants.errno.ENOTSUP})`);
}
