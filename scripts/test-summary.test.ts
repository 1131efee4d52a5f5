import { describe, expect, it } from 'vitest';
import { summarise } from './test-summary.js';

const passing = {
  success: true,
  numPassedTests: 3,
  numFailedTests: 0,
  numPendingTests: 1,
  numTodoTests: 1,
  testResults: [{ status: 'passed', assertionResults: [{ status: 'passed' }] }],
};

describe('summarise', () => {
  it('adds the reports up', () => {
    expect(summarise([passing, passing])).toEqual({ passed: 6, failed: 0, skipped: 4 });
  });

  it('counts a file once that failed with one of its tests', () => {
    const testResults = [{ status: 'failed', assertionResults: [{ status: 'passed' }, { status: 'failed' }] }];
    expect(summarise([{ ...passing, success: false, numFailedTests: 1, testResults }]).failed).toBe(1);
  });

  it('counts a file that failed without a test, as one that could not be loaded', () => {
    const testResults = [{ status: 'failed', assertionResults: [] }];
    expect(summarise([{ ...passing, success: false, testResults }]).failed).toBe(1);
  });

  it('counts a run that failed for another reason, as an error between tests', () => {
    expect(summarise([{ ...passing, success: false }]).failed).toBe(1);
  });

  it('counts a report that is missing, and steps that failed', () => {
    expect(summarise([passing, undefined], 2).failed).toBe(3);
  });
});
