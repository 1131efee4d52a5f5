/** Where text goes: a terminal, a pipe, a file. `process.stdout` and `process.stderr` are the usual ones. */
export interface Output {
  /** @param done - called once `text` is out, or could not be written. */
  write(text: string, done?: (error?: Error | null) => void): unknown;
  readonly isTTY?: boolean | undefined;
  /** Width of the terminal, in characters. */
  readonly columns?: number | undefined;
  /** Whether colours are wanted: it is a terminal, and `NO_COLOR` and the like do not speak against it. */
  hasColors?(): boolean;
}
