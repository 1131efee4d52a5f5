import { UsageError } from './usage-error.js';

/** @throws {UsageError} that names the flag, what it holds and what it could hold. */
export function parseChoice<T extends string>(flag: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((candidate) => candidate === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`${flag} is ${JSON.stringify(text)}; expected one of ${choices.join(', ')}`);
}
