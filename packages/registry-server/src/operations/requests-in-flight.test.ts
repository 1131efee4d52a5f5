import { describe, expect, it } from 'vitest';
import { RequestsInFlight } from './requests-in-flight.js';

describe('RequestsInFlight', () => {
  it('ends at once where nothing runs', async () => {
    await new RequestsInFlight().end();
  });

  it('ends once all that run have been handled, however they were', async () => {
    const requests = new RequestsInFlight();
    const outcomes: ((error?: Error) => void)[] = [];
    const registry = requests.follow({
      fetch: () =>
        new Promise((resolve, reject) => {
          outcomes.push((error) => (error === undefined ? resolve(new Response()) : reject(error)));
        }),
    });
    const responses = [1, 2].map(() => registry.fetch(new Request('http://registry.test/v2/')));
    let ended = false;
    const end = requests.end().then(() => {
      ended = true;
    });
    outcomes[0]?.();
    await responses[0];
    await new Promise(setImmediate);
    expect(ended).toBe(false);
    outcomes[1]?.(new Error('disk on fire'));
    await expect(responses[1]).rejects.toThrow('disk on fire');
    await end;
    expect(ended).toBe(true);
  });
});
