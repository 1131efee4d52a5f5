/** The command line, or the environment, asks for something that there is not. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}
