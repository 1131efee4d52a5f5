/**
 * Enough for the four threads that Node gives to the file system never to wait for the event loop, and few enough that
 * a directory of a million files does not become a million requests at once.
 */
const BATCH_SIZE = 64;

/** Like `Promise.all` over `items`, a batch at a time; the results are in the order of `items`. */
export async function mapConcurrently<Item, Result>(
  items: readonly Item[],
  map: (item: Item) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  for (let start = 0; start < items.length; start += BATCH_SIZE) {
    results.push(...(await Promise.all(items.slice(start, start + BATCH_SIZE).map(map))));
  }
  return results;
}
