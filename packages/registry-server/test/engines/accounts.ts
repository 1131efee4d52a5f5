import { randomBytes } from 'node:crypto';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { hash } from 'bcryptjs';
import type { Scope } from './scope.js';
import { temporaryFolder } from './temporary-folder.js';

/** The lowest there is: what a test shows does not depend on it. */
const BCRYPT_COST = 4;

export interface Account {
  readonly name: string;
  readonly password: string;
}

/** An account with a password that nobody has had before. */
export function createAccount(name: string): Account {
  return { name, password: randomBytes(16).toString('hex') };
}

/** The path of a password file with these accounts. */
export async function writeHtpasswd(scope: Scope, accounts: readonly Account[]): Promise<string> {
  const path = join(await temporaryFolder(scope, 'accounts'), 'htpasswd');
  const lines = await Promise.all(
    accounts.map(async ({ name, password }) => `${name}:${await hash(password, BCRYPT_COST)}\n`),
  );
  await writeFile(path, lines.join(''));
  return path;
}
