import { DocumentError } from '@quinistry/oci-image';
import bcrypt from 'bcryptjs';
import { describe, expect, it } from 'vitest';
import { makeDecoyHash, parseHtpasswd } from './htpasswd.js';

const HASH = `$2y$05$${'a'.repeat(53)}`;

function problemsOf(text: string): readonly string[] {
  try {
    parseHtpasswd(text, 'password file');
  } catch (error) {
    if (error instanceof DocumentError) return error.issues.map(({ path, message }) => `${path}: ${message}`);
    throw error;
  }
  return [];
}

describe('parseHtpasswd', () => {
  it('reads accounts, and passes over comments, empty lines and carriage returns', () => {
    const text = `\uFEFF# people\r\n\r\nbob:${HASH}\r\n  \nzoë:${HASH.replace('$2y', '$2b')}\nci:${HASH.replace('$2y', '$2a')}`;
    expect([...parseHtpasswd(text, 'password file').keys()]).toEqual(['bob', 'zoë', 'ci']);
  });

  it('reads no accounts out of an empty file', () => {
    expect(parseHtpasswd('', 'password file').size).toBe(0);
  });

  it.each([
    ['$apr1$abcdefgh$secret-hash', 'MD5 (apr1)'],
    ['{SHA}secret-hash', 'SHA-1'],
    ['$6$salt$secret-hash', 'SHA-512'],
    ['$2x$10$secret-hash', '$2x$'],
  ])('names the line and the kind of %s', (hash, kind) => {
    const [problem = '', ...rest] = problemsOf(`ci:${HASH}\nbob:${hash}\n`);
    expect(problem).toMatch(/^line 2: the password of "bob" is kept as /);
    expect(problem).toContain(kind);
    expect(problem).not.toContain('secret');
    expect(rest).toEqual([]);
  });

  it('repeats nothing of a line but the account, for the rest may be a password', () => {
    const problems = problemsOf(`hunter2\nbob:hunter2\nbob2:${HASH}hunter2\n:hunter2`);
    expect(problems.map((problem) => problem.slice(0, 7))).toEqual(['line 1:', 'line 2:', 'line 3:', 'line 4:']);
    expect(problems.join()).not.toContain('hunter2');
  });

  it('refuses a second line of one account, for it is not clear which one counts', () => {
    expect(problemsOf(`bob:${HASH}\nbob:${HASH}`)).toEqual(['line 2: "bob" has a line already']);
  });

  it('refuses accounts whose names mean something else in rules', () => {
    expect(problemsOf(`anonymous:${HASH}\nauthenticated:${HASH}`)).toHaveLength(2);
  });

  it('refuses costs that would hold up the server for minutes', () => {
    expect(problemsOf(`bob:${HASH.replace('$05$', '$31$')}`)[0]).toContain('cost 31');
    expect(problemsOf(`bob:${HASH.replace('$05$', '$03$')}`)[0]).toContain('cost 3');
  });
});

describe('makeDecoyHash', () => {
  it('costs as much as the costliest account', () => {
    const accounts = parseHtpasswd(`a:${HASH}\nb:${HASH.replace('$05$', '$12$')}\nc:${HASH}`, 'password file');
    expect(bcrypt.getRounds(makeDecoyHash(accounts))).toBe(12);
    expect(bcrypt.getRounds(makeDecoyHash(new Map()))).toBe(10);
  });

  it('is a hash that bcrypt compares with', async () => {
    const decoy = makeDecoyHash(new Map([['a', HASH.replace('$05$', '$04$')]]));
    expect(decoy).toHaveLength(60);
    expect(await bcrypt.compare('', decoy)).toBe(false);
  });
});
