import type { Answer } from './registry-connection.js';

/** The registry broke its word. */
export class Violation extends Error {
  override readonly name = 'Violation';
}

/** @throws {Violation} unless the answer has one of these statuses. */
export function demandStatus(answer: Answer, what: string, ...statuses: readonly number[]): void {
  if (statuses.includes(answer.status)) return;
  const text = new TextDecoder().decode(answer.bytes);
  throw new Violation(`${what} was answered with ${answer.status} instead of ${statuses.join(' or ')}: ${text}`);
}
