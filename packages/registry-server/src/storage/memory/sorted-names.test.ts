import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SortedNames } from './sorted-names.js';

const name = fc.stringMatching(/^[A-Za-z0-9._-]{1,3}$/);

describe('SortedNames', () => {
  it('gives the page that sorting all names would give', () => {
    const changes = fc.array(fc.record({ name, added: fc.boolean() }), { maxLength: 60 });
    fc.assert(
      fc.property(changes, fc.option(name, { nil: undefined }), fc.nat(10), (steps, last, limit) => {
        const sorted = new SortedNames();
        const model = new Set<string>();
        for (const step of steps) {
          if (step.added) {
            sorted.add(step.name);
            model.add(step.name);
          } else {
            sorted.delete(step.name);
            model.delete(step.name);
          }
        }
        const expected = [...model].map((each) => Buffer.from(each)).sort(Buffer.compare);
        const after = expected.map(String).filter((each) => last === undefined || each > last);
        expect(sorted.page({ limit, last })).toEqual(after.slice(0, limit));
      }),
    );
  });
});
