/**
 * Where things are. A repository is an image layout (image-spec v1.1, image-layout.md) in the directory of its name, and
 * what the store keeps for itself is in a directory that no repository can be named after.
 */
import { join, sep } from 'node:path';
import {
  type Digest,
  digestAlgorithm,
  digestHex,
  IMAGE_LAYOUT_FILES,
  isDigest,
  isRepositoryName,
} from '@quinistry/oci-image/spec';
import { StorageError } from '../storage-error.js';

/** The files of a layout: no part of a name after the first may be one of them, or it would lie inside another layout. */
const RESERVED: ReadonlySet<string> = new Set(Object.values(IMAGE_LAYOUT_FILES));

/** Names of repositories begin with a letter or a digit, so this is never one. */
export const STATE_DIRECTORY = '.quinistry';

/** Whether a store can hold a repository of that name: `a` and `a/blobs` would share their files. */
export function isStorableName(repository: string): boolean {
  return isRepositoryName(repository) && !repository.split('/').slice(1).some(isReservedPart);
}

export function isReservedPart(part: string): boolean {
  return RESERVED.has(part);
}

/** @throws {StorageError} `NAME_UNAVAILABLE` */
export function checkName(repository: string): void {
  if (isStorableName(repository)) return;
  throw nameUnavailable(repository, `no part of it after the first may be ${[...RESERVED].join(', ')}`);
}

export function nameUnavailable(repository: string, reason: string, cause?: unknown): StorageError {
  return new StorageError('NAME_UNAVAILABLE', `${repository} cannot be kept here: ${reason}`, { cause });
}

/** The paths of one store. Every name is checked before it becomes part of a path. */
export class RepositoryPaths {
  readonly root: string;
  readonly state: string;
  readonly journal: string;
  /** Sockets of processes that have the store open, or want to. */
  readonly claims: string;
  /** Files that are not finished yet; emptied at every start. */
  readonly temporary: string;
  readonly uploads: string;

  /** @param root - absolute, without symbolic links. */
  constructor(root: string) {
    this.root = root;
    this.state = join(root, STATE_DIRECTORY);
    this.journal = join(this.state, 'journal');
    this.claims = join(this.state, 'claims');
    this.temporary = join(this.state, 'temporary');
    this.uploads = join(this.state, 'uploads');
  }

  /** @throws {StorageError} `NAME_UNAVAILABLE` */
  repository(repository: string): string {
    checkName(repository);
    return join(this.root, repository);
  }

  index(repository: string): string {
    return join(this.repository(repository), IMAGE_LAYOUT_FILES.index);
  }

  layoutFile(repository: string): string {
    return join(this.repository(repository), IMAGE_LAYOUT_FILES.layout);
  }

  blobs(repository: string): string {
    return join(this.repository(repository), IMAGE_LAYOUT_FILES.blobs);
  }

  blobDirectory(repository: string, digest: Digest): string {
    return this.blobs(repository) + sep + digestAlgorithm(digest);
  }

  blob(repository: string, digest: Digest): string {
    if (!isDigest(digest)) throw new RangeError('a digest that was not checked');
    // Asked for with each request, and what is joined is plain: `join` would take it apart again.
    return this.blobDirectory(repository, digest) + sep + digestHex(digest);
  }
}
