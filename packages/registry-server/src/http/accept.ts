/**
 * Which of a tag's manifests a client gets.
 * Source: RFC 9110, section 12.5.1.
 */

interface MediaRange {
  readonly type: string;
  readonly quality: number;
}

/**
 * The variant that `accept` prefers; among equals, the first one.
 *
 * A client that names none of them still gets the first: the distribution specification leaves the choice to the
 * registry, and a 406 would break each tool that asks with `application/json`, `text/html` or no header at all.
 *
 * @param variants - not empty, the default first.
 * @param accept - all `Accept` lines joined by commas: docker sends a line for each type, containerd one for all.
 */
export function selectVariant<T extends { readonly mediaType: string }>(
  variants: readonly [T, ...T[]],
  accept: string | null,
): T {
  const [first, ...others] = variants;
  if (others.length === 0 || accept === null) return first;
  const ranges = accept.split(',').map(parseMediaRange);
  let selected = first;
  let best = qualityOf(first.mediaType, ranges);
  for (const variant of others) {
    const quality = qualityOf(variant.mediaType, ranges);
    if (quality > best) [selected, best] = [variant, quality];
  }
  return selected;
}

/** What the most specific range says of `mediaType`: an exact one, then a wildcard; 0 where none fits. */
function qualityOf(mediaType: string, ranges: readonly MediaRange[]): number {
  const quality = (type: string) => ranges.find((range) => range.type === type)?.quality;
  const family = `${mediaType.slice(0, mediaType.indexOf('/'))}/*`;
  return quality(mediaType) ?? quality(family) ?? quality('*/*') ?? 0;
}

function parseMediaRange(text: string): MediaRange {
  const [type = '', ...parameters] = text.split(';').map((part) => part.trim().toLowerCase());
  const weight = parameters.find((parameter) => parameter.startsWith('q='));
  const quality = weight === undefined ? 1 : Number(weight.slice(2));
  return { type, quality: quality >= 0 && quality <= 1 ? quality : 1 };
}
