import { stat } from 'node:fs/promises';
import { UsageError } from './usage-error.js';

/** A directory that a command is to look at has to be there: a typing error must not pass for an empty registry. */
export async function demandDirectory(directory: string): Promise<void> {
  const found = await stat(directory).catch((error: NodeJS.ErrnoException) => error);
  if (found instanceof Error) throw new UsageError(`the directory ${directory} cannot be read: ${found.code}`);
  if (!found.isDirectory()) throw new UsageError(`${directory} is no directory`);
}
