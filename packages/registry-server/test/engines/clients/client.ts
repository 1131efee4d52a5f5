import type { Account } from '../accounts.js';
import type { ImageLayout } from '../image-layout.js';
import type { Scope } from '../scope.js';

/** A program that moves images, with images and logins of its own. References have no scheme; all goes over plain HTTP. */
export interface Client {
  /** Keeps a login for everything that comes later. Not every client tries it at once. */
  login(host: string, account: Account): Promise<unknown>;

  /**
   * Pushes the image of a layout to a tag. Some clients change its manifest on the way.
   *
   * @returns the digest of the manifest that the client has pushed, as it tells.
   */
  push(image: ImageLayout, reference: string): Promise<string>;

  /** @returns the digest of the manifest that was pulled, as the client tells. */
  pull(reference: string): Promise<string>;
}

/** Starts a client that has no images and no logins. It goes with its scope. */
export type StartClient = (scope: Scope) => Promise<Client>;

/**
 * What `pattern` finds in the output of a client.
 *
 * @throws {Error} with the output, where it finds nothing.
 */
export function findIn(output: string, pattern: RegExp): string {
  const found = pattern.exec(output)?.[0];
  if (found === undefined) throw new Error(`${pattern} is not in:\n${output}`);
  return found;
}
