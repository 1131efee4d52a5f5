/** A registry over a directory as a process of its own, which is there to be killed. Prints its port once it listens. */
import { setTimeout as wait } from 'node:timers/promises';
import { startServer } from '../../src/node-server.js';
import { createRegistry } from '../../src/registry.js';
import { openDirectoryStore } from '../../src/storage/directory/directory-store.js';

const [directory = '', graceMs = '', untagged = ''] = process.argv.slice(2);
/** Long enough for requests between two collections, short enough for a kill to meet one. */
const COLLECT_EVERY_MS = 20;

const report = (error: unknown) => console.error(error);
const store = await openDirectoryStore(directory, { onWarning: (message, error) => console.error(message, error) });
const server = await startServer({ registry: createRegistry({ storage: store, onError: report }), onError: report });
const over = new AbortController();
let collecting = Promise.resolve();
// Not from the start, so that somebody can look at everything first.
process.once('SIGUSR2', () => {
  collecting = collectAgainAndAgain();
});
process.once('SIGTERM', async () => {
  over.abort();
  await server.close();
  await collecting;
  await store.close();
  process.exit(0);
});
process.stdout.write(`${server.port}\n`);

async function collectAgainAndAgain(): Promise<void> {
  const options = { graceMs: Number(graceMs), untagged: untagged === 'untagged', signal: over.signal };
  while (!over.signal.aborted) {
    await wait(COLLECT_EVERY_MS);
    try {
      for await (const _ of store.collectGarbage(options));
    } catch (error) {
      if (!over.signal.aborted) report(error);
    }
  }
}
