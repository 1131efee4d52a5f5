/** One thing that is wrong. */
export interface Finding {
  /** From the root of the store. */
  readonly path: string;
  readonly problem: string;
  readonly expected: string;
}
