/**
 * Whether a pattern stands for the whole of a text: `*` stands for any characters but slashes, none included, `**` for any
 * at all, `?` for one that is no slash, and all the rest for itself.
 *
 * It walks the text once, with the set of places in the pattern that it may have reached. A regular expression with several
 * `.*` would take a time that grows with a power of the length, and names and tags come from whoever sends requests.
 */
export function matchesGlob(glob: string, text: string): boolean {
  const steps = glob.match(/\*{2,}|./gs) ?? [];
  let reached = pastWildcards(steps, new Set([0]));
  for (const character of text) {
    const next = new Set<number>();
    for (const place of reached) {
      const step = steps[place];
      if (step?.startsWith('**') || (step === '*' && character !== '/')) next.add(place);
      else if (step === character || (step === '?' && character !== '/')) next.add(place + 1);
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
