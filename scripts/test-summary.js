/**
 * `node scripts/test-summary.js <failed steps> <report>…`: one line that sums up vitest's JSON reports.
 *
 * What fails without a test that failed is a failure all the same: a file that could not be loaded, an error between tests,
 * a report that is not there because its run broke off, and a step that is not a test run.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/**
 * @typedef {object} Report the part of vitest's JSON report that counts
 * @property {boolean} success
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests skipped
 * @property {number} numTodoTests
 * @property {{ status: string, assertionResults: { status: string }[] }[]} testResults one a file
 */

/**
 * @param {readonly (Report | undefined)[]} reports `undefined` for one that is missing
 * @param {number} [failedSteps]
 */
export function summarise(reports, failedSteps = 0) {
  const counts = { passed: 0, failed: failedSteps, skipped: 0 };
  for (const report of reports) {
    const failed = report === undefined ? 1 : report.numFailedTests + unexplainedFailures(report);
    counts.passed += report?.numPassedTests ?? 0;
    counts.failed += failed === 0 && report?.success === false ? 1 : failed;
    counts.skipped += (report?.numPendingTests ?? 0) + (report?.numTodoTests ?? 0);
  }
  return counts;
}

/**
 * Files that failed though none of their tests did.
 *
 * @param {Report} report
 */
function unexplainedFailures(report) {
  return report.testResults.filter(
    ({ status, assertionResults }) => status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  ).length;
}

/**
 * @param {string} file
 * @returns {Report | undefined}
 */
function readReport(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const [failedSteps = '0', ...files] = process.argv.slice(2);
  const { passed, failed, skipped } = summarise(files.map(readReport), Number(failedSteps));
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`);
  process.exitCode = failed > 0 || passed === 0 ? 1 : 0;
}
