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

/**
 * Walks the name once, with the set of places in the pattern that it may have reached. A regular expression with several
 * `.*` would take a time that grows with a power of the length, and names come from whoever sends requests.
 *
 * @param pattern - one that {@link isRepositoryPattern} takes.
 */
export function matchesRepository(pattern: string, repository: string): boolean {
  const steps = pattern.match(/\*\*|./gs) ?? [];
  let reached = pastWildcards(steps, new Set([0]));
  for (const character of repository) {
    const next = new Set<number>();
    for (const place of reached) {
      const step = steps[place];
      if (step === '**' || (step === '*' && character !== '/')) next.add(place);
      else if (step === character) next.add(place + 1);
    }
    reached = pastWildcards(steps, next);
  }
  return reached.has(steps.length);
}

/** A wildcard may stand for nothing, so whoever reached it has reached what follows it too. */
function pastWildcards(steps: readonly string[], places: Set<number>): Set<number> {
  // A set yields what is added to it while it is walked.
  for (const place of places) if (steps[place]?.startsWith('*')) places.add(place + 1);
  return places;
}
