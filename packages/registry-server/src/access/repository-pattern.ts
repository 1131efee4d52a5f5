/**
 * Patterns of repository names: `team/app`, `team/*`, `team/**`, `*-cache`.
 *
 * `*` stands for any characters within one component, none included; `**` for any characters, slashes included. All the
 * rest stands for itself. So `team/**` is everything below `team`, and not `team` itself.
 */

const PATTERN = /^[a-z0-9*][a-z0-9*._/-]*$/;

/** What {@link isRepositoryPattern} takes, in words. */
export const REPOSITORY_PATTERN_EXPECTED =
  'a pattern of repository names: lower-case words, * within a component, ** across components';

export function isRepositoryPattern(value: string): boolean {
  return PATTERN.test(value) && !value.includes('***') && !value.includes('//') && !value.endsWith('/');
}
