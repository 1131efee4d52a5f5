/** Accounts and their passwords' hashes, as Apache's `htpasswd -B` writes them: `name:$2y$10$…`, one a line. */
import { DocumentError, type DocumentIssue } from '@quinistry/oci-image';
import { ANONYMOUS, AUTHENTICATED } from './access-rule.js';

/** Hashes by account. */
export type Accounts = ReadonlyMap<string, string>;

/** Every step doubles the time. In JavaScript a password of this cost takes three seconds or so, and cost 31 days. */
export const MAX_BCRYPT_COST = 15;

const MIN_BCRYPT_COST = 4;
const USUAL_BCRYPT_COST = 10;

const BCRYPT_PATTERN = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;

/** Prefixes of what else `htpasswd`, `openssl passwd` and `mkpasswd` write. */
const OTHER_HASHES: readonly (readonly [prefix: string, name: string])[] = [
  ['$apr1$', 'MD5 (apr1)'],
  ['$1$', 'MD5'],
  ['{SHA}', 'SHA-1'],
  ['$5$', 'SHA-256'],
  ['$6$', 'SHA-512'],
  ['$y$', 'yescrypt'],
  ['$argon2', 'Argon2'],
  ['$2x$', 'bcrypt with a known flaw ($2x$)'],
];

/**
 * Empty lines, and those that start with `#`, mean nothing.
 *
 * @param document - what to call the text in an error.
 * @throws {DocumentError} that names each line that is wrong, and repeats nothing of it but the account: what stands in a
 *   broken line may well be a password.
 */
export function parseHtpasswd(text: string, document: string): Accounts {
  const accounts = new Map<string, string>();
  const issues: DocumentIssue[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split('\n')
    .entries()) {
    const entry = line.trim();
    if (entry === '' || entry.startsWith('#')) continue;
    const colon = entry.indexOf(':');
    const name = entry.slice(0, Math.max(colon, 0));
    const hash = entry.slice(colon + 1);
    const message = findProblem(name, hash, accounts);
    if (message === undefined) accounts.set(name, hash);
    else issues.push({ path: `line ${index + 1}`, message });
  }
  if (issues.length > 0) throw new DocumentError(document, issues);
  return accounts;
}

function findProblem(name: string, hash: string, accounts: Accounts): string | undefined {
  if (name === '') return 'expected an account, a colon and a bcrypt hash';
  if (name === ANONYMOUS || name === AUTHENTICATED) return `${name} has a meaning in rules, and cannot be an account`;
  const subject = `the password of ${JSON.stringify(name)}`;
  const cost = BCRYPT_PATTERN.exec(hash)?.[1];
  if (cost === undefined) {
    const other = OTHER_HASHES.find(([prefix]) => hash.startsWith(prefix));
    const kind = other === undefined ? 'is not kept as a bcrypt hash' : `is kept as ${other[1]}`;
    return `${subject} ${kind}, where bcrypt ($2a$, $2b$ or $2y$) was expected: htpasswd -B writes it`;
  }
  if (Number(cost) < MIN_BCRYPT_COST || Number(cost) > MAX_BCRYPT_COST) {
    return `${subject} has the bcrypt cost ${Number(cost)}, where ${MIN_BCRYPT_COST} to ${MAX_BCRYPT_COST} was expected`;
  }
  if (accounts.has(name)) return `${JSON.stringify(name)} has a line already`;
  return undefined;
}

/**
 * A hash that no password has, as costly to compare with as the costliest of `accounts`. Names that are no accounts are
 * compared with it, or the time of an answer would tell which names are.
 */
export function makeDecoyHash(accounts: Accounts): string {
  const costs = [...accounts.values()].map((hash) => Number(hash.slice(4, 6)));
  const cost = costs.length === 0 ? USUAL_BCRYPT_COST : Math.max(...costs);
  return `$2b$${String(cost).padStart(2, '0')}$${'.'.repeat(53)}`;
}
