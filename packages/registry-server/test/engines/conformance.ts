/**
 * The conformance suite of the distribution specification, as the command `conformance`:
 *
 *     go install github.com/opencontainers/distribution-spec/conformance@v0.0.0-20260831232431-97274622c111
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type Judge, judge } from '../../../oci-image/test/judges.js';
import { BackgroundProcess } from './process.js';
import type { Scope } from './scope.js';
import { temporaryFolder } from './temporary-folder.js';

const COMMAND = 'conformance';

/** The suite has no option that would only tell its version. */
export const conformanceSuite: Judge = judge(
  'the OCI conformance suite',
  () => spawnSync('sh', ['-c', `command -v ${COMMAND}`]).status === 0,
);

export interface ConformanceReport {
  /**
   * How many checks ended in which way, as the suite spells them: `Disabled` is what its settings leave out, `Skip` what
   * it gave up on by itself.
   */
  readonly counts: Readonly<Record<'Pass' | 'Disabled' | 'Skip' | 'FAIL' | 'Error', number>>;
  /** `<check>: <status>`, for every check and every group of checks. */
  readonly results: readonly string[];
}

/**
 * Runs the suite with these settings, which its manual lists as environment variables.
 *
 * Its exit status says too little: it is 0 for settings that are not understood, and for checks that were skipped. Its
 * `results.yaml` counts nothing, and where pushing is disabled the suite crashes over it. So what it prints is read.
 *
 * @throws {Error} with all that it printed, where no complete report is in it.
 */
export async function runConformance(
  scope: Scope,
  settings: Readonly<Record<`OCI_${string}`, string>>,
): Promise<ConformanceReport> {
  const folder = await temporaryFolder(scope, 'conformance');
  const env = { OCI_RESULTS_DIR: join(folder, 'results'), ...settings };
  const suite = new BackgroundProcess(scope, COMMAND, [], { cwd: folder, env });
  await suite.exit;
  return parseReport(suite.output);
}

function parseReport(output: string): ConformanceReport {
  const [results = '', summary = ''] = output.split(/^OCI Conformance Result: /m);
  const count = (status: string) => {
    const found = new RegExp(`^ +${status}\\.*: +(\\d+)$`, 'm').exec(summary)?.[1];
    if (found === undefined) throw new Error(`the conformance suite does not count ${status}:\n${output}`);
    return Number(found);
  };
  return {
    counts: {
      Pass: count('Pass'),
      Disabled: count('Disabled'),
      Skip: count('Skip'),
      FAIL: count('FAIL'),
      Error: count('Error'),
    },
    results: [...results.matchAll(/^ *(OCI Conformance Test.*: \w+)$/gm)].map(([, result = '']) => result),
  };
}
