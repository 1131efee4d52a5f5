import type { Output } from './output.js';

/** To the first column, and erase to the end (ECMA-48: EL). */
const ERASE_LINE = '\r\u001b[K';

const DEFAULT_COLUMNS = 80;

/**
 * One line at the bottom of a terminal that says what goes on right now, and is rewritten as it goes on.
 * Everything else that is written to the same terminal goes through `write`, and so stays above it.
 */
export class StatusLine {
  readonly #terminal: Output;
  #shown = '';

  constructor(terminal: Output) {
    this.#terminal = terminal;
  }

  /** Puts `text` in place of what stands there. Text that stands there already is not written again. */
  show(text: string): void {
    // A line that wraps could not be erased. A terminal that does not know its width says 0.
    const fitting = text.slice(0, (this.#terminal.columns || DEFAULT_COLUMNS) - 1);
    if (fitting === this.#shown) return;
    this.#terminal.write(`${ERASE_LINE}${fitting}`);
    this.#shown = fitting;
  }

  clear(): void {
    if (this.#shown === '') return;
    this.#terminal.write(ERASE_LINE);
    this.#shown = '';
  }

  /** @param lines - whole lines, the last one ended as well. */
  write(lines: string): void {
    this.#terminal.write(this.#shown === '' ? lines : `${ERASE_LINE}${lines}${this.#shown}`);
  }
}
