/**
 * A process that opens a directory store and closes it as it is told, line by line, and answers each line with a document.
 * Without `told`, it opens the store and leaves it at that.
 */
import { createInterface } from 'node:readline';
import { OciError } from '@quinistry/oci-image';
import { type DirectoryStore, openDirectoryStore } from '../../src/storage/directory/directory-store.js';
import type { StoreAnswer } from './store-process.js';

const [directory = '', manner = ''] = process.argv.slice(2);

async function open(): Promise<DirectoryStore | undefined> {
  const warnings: string[] = [];
  try {
    const store = await openDirectoryStore(directory, { onWarning: (message) => warnings.push(message) });
    answer({ outcome: 'open', warnings });
    return store;
  } catch (error) {
    const isExpected = error instanceof OciError && error.code === 'STORE_IN_USE';
    answer({ outcome: isExpected ? 'in use' : 'failed', message: String(error), warnings });
    return undefined;
  }
}

function answer(document: StoreAnswer): void {
  process.stdout.write(`${JSON.stringify(document)}\n`);
}

if (manner === 'told') {
  let store: DirectoryStore | undefined;
  for await (const line of createInterface({ input: process.stdin })) {
    if (line === 'open') store = await open();
    else {
      await store?.close();
      answer({ outcome: 'closed', warnings: [] });
    }
  }
} else {
  await open();
}
