import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { JournalOperation, JournalRecord } from './journal-record.js';
import { UnsettledLines } from './unsettled-lines.js';

const REPOSITORIES = ['a', 'b'];

function reread(records: readonly JournalRecord[]): readonly JournalOperation[] {
  const lines = new UnsettledLines();
  for (const record of records) lines.add(record);
  return lines.operations;
}

describe('UnsettledLines', () => {
  const step = fc.record({ repository: fc.constantFrom(...REPOSITORIES), settled: fc.option(fc.nat(3)) });

  it('gives what was added and is not settled, in the order of the journal, and so does whoever reads the journal', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 30 }), (steps) => {
        const lines = new UnsettledLines();
        const records: JournalRecord[] = [];
        let unsettled: JournalOperation[] = [];
        for (const [tag, { repository, settled }] of steps.entries()) {
          if (settled === null) {
            const operation: JournalOperation = { op: 'untag', repository, tag: String(tag) };
            unsettled.push(operation);
            records.push(operation);
          } else {
            const oldest = unsettled.filter((operation) => operation.repository === repository).slice(0, settled);
            unsettled = unsettled.filter((operation) => !oldest.includes(operation));
            records.push(lines.settle(repository, oldest));
          }
          lines.add(records.at(-1) as JournalRecord);
          expect(lines.operations).toEqual(unsettled);
          expect(lines.isEmpty).toBe(unsettled.length === 0);
          expect(reread(records)).toEqual(unsettled);
        }
      }),
    );
  });

  it('says of nothing that it is written which is not, where lines are settled out of order', () => {
    const [a, b, c] = ['a', 'b', 'c'].map((tag): JournalOperation => ({ op: 'untag', repository: 'app', tag }));
    if (!a || !b || !c) throw new Error('there are three');
    const lines = new UnsettledLines();
    for (const operation of [a, b, c]) lines.add(operation);
    const early = lines.settle('app', [b]);
    expect(reread([a, b, c, early])).toEqual([a, b, c]);
    lines.add(early);
    expect(reread([a, b, c, early, lines.settle('app', [a])])).toEqual([c]);
  });
});
