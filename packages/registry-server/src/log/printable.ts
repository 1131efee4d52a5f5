/** Longest text of a client's making that goes into a log line, in characters. Longer request targets are not honest ones. */
export const MAX_PRINTABLE_CHARACTERS = 512;

/**
 * `text` such that it cannot start a line of its own, move a terminal's cursor or hide what follows it:
 * control and format characters, separators of lines and lone surrogates become `\u{…}`. Longer text is cut.
 *
 * JSON escapes the control characters up to U+001F only, and a reader that decodes it hands them to the terminal again.
 */
export function printable(text: string, maxCharacters = MAX_PRINTABLE_CHARACTERS): string {
  const shown = text.length > maxCharacters ? `${text.slice(0, maxCharacters)}…` : text;
  return shown.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, (character) => `\\u{${character.codePointAt(0)?.toString(16)}}`);
}
