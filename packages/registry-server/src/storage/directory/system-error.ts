import { OciError } from '@quinistry/oci-image';
import { StorageError } from '../storage-error.js';

/** Whether `error` is the failure of a system call with one of these codes: `ENOENT`. */
export function isSystemError(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' && codes.includes(error.code);
}

/** `undefined` for what is not there, and every other failure as it is. */
export function unlessMissing(error: unknown): undefined {
  if (isSystemError(error, 'ENOENT', 'ENOTDIR')) return undefined;
  throw error;
}

/** What a failed system call means to those who use the store; anything that is not about room comes back as it is. */
export function storageFailure(error: unknown): unknown {
  if (!isSystemError(error, 'ENOSPC', 'EDQUOT')) return error;
  return new StorageError('NO_SPACE', 'there is no room left on the disk', { cause: error });
}

/** Runs `work` and lets its failures through as {@link storageFailure} puts them. */
export async function reportingSpace<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw storageFailure(error);
  }
}

/** What keeps a store from being opened, told as its operator can mend it: it may be a file, or belong to another user. */
export function openFailure(root: string, error: unknown): unknown {
  if (!(error instanceof Error && 'syscall' in error)) return error;
  return new OciError('FILE_UNREADABLE', `the directory ${root} cannot be used: ${error.message}`, { cause: error });
}
