/**
 * From a clean clone to something that runs, with Node.js and npm alone: installs the dependencies with the pinned pnpm, builds
 * the packages, and does neither again until something changed.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { withDirectoryLock } from './directory-lock.js';
import { RunError, run } from './run.js';
import { hashContents, hashStats, listFiles, readStamp, removeStamp, writeStamp } from './stamp.js';

/**
 * One thing to do unless it has been done.
 *
 * @typedef {object} Step
 * @property {string} name
 * @property {string} doing what is told while it runs
 * @property {string} hint what is told when it fails
 * @property {readonly string[]} pnpm the arguments of pnpm
 * @property {(root: string) => string} inputs a hash of what goes in
 * @property {(root: string) => string} outputs a hash of what came out
 */

/** @type {Step} */
const install = {
  name: 'install',
  doing: 'Installing dependencies',
  hint: 'Could not install the dependencies. The first start needs a package registry: is it reachable?',
  pnpm: ['install', '--frozen-lockfile', '--prefer-offline'],
  inputs: (root) =>
    hashContents(
      root,
      [
        'pnpm-lock.yaml',
        'pnpm-workspace.yaml',
        'package.json',
        ...projects(root).map((project) => `${project}/package.json`),
      ],
      [process.platform, process.arch, process.versions.modules],
    ),
  outputs: (root) =>
    hashStats(root, [
      'node_modules/.modules.yaml',
      'node_modules/.pnpm/lock.yaml',
      ...projects(root).map((project) => `${project}/node_modules`),
    ]),
};

/** What is in `dist` beside the library. */
const BUNDLE = ['packages/registry-server/dist/quinistry.mjs', 'packages/registry-server/dist/LICENSES.txt'];

/** @type {Step} */
const bundle = {
  name: 'bundle',
  doing: 'Building the command',
  hint: 'Could not build the command.',
  pnpm: ['--filter', './packages/registry-server', 'run', 'bundle'],
  inputs: sources,
  outputs: (root) => hashStats(root, BUNDLE),
};

/** @type {Step} */
const library = {
  name: 'library',
  doing: 'Building the packages',
  hint: 'Could not build the packages.',
  // Types across the packages come from their sources, so neither has to wait for the other.
  pnpm: ['--recursive', '--no-sort', '--filter', './packages/*', 'run', 'build'],
  inputs: sources,
  outputs: (root) =>
    hashStats(
      root,
      packages(root).flatMap((directory) => [
        `${directory}/dist`,
        ...listFiles(root, `${directory}/dist`).filter((path) => !BUNDLE.includes(path)),
      ]),
    ),
};

/** The command is one file, made from the sources in a second; a start does not wait for the type declarations. */
export const TO_START = [install, bundle];
export const EVERYTHING = [install, bundle, library];

/**
 * Takes the steps whose result is not up to date. Two at once take turns, and the second finds the work done.
 *
 * @param {string} root the folder of the repository
 * @param {readonly Step[]} steps
 * @param {{ run?: typeof run, tell?: (line: string) => void }} [options] `tell` gets one line of progress at a time
 * @returns {Promise<void>}
 * @throws {RunError} `message` is for the user; `output` is what the failed command printed.
 */
export async function bootstrap(root, steps, { run: runCommand = run, tell = console.error } = {}) {
  if (steps.every((step) => isFresh(root, step))) return;
  await withDirectoryLock(
    join(root, '.cache/bootstrap/lock'),
    async () => {
      for (const step of steps) {
        if (!isFresh(root, step)) await perform(root, step, runCommand, tell);
      }
    },
    { onWait: () => tell('Waiting for another process that installs or builds here …') },
  );
}

/**
 * @param {string} root
 * @param {Step} step
 */
function isFresh(root, step) {
  return readStamp(stampFile(root, step)) === `${step.inputs(root)} ${step.outputs(root)}`;
}

/**
 * @param {string} root
 * @param {Step} step
 * @param {typeof run} runCommand
 * @param {(line: string) => void} tell
 */
async function perform(root, step, runCommand, tell) {
  const started = performance.now();
  const inputs = step.inputs(root); // before it runs: what is edited meanwhile makes it run again
  tell(`${step.doing} …`);
  removeStamp(stampFile(root, step));
  try {
    await runCommand('npx', ['--yes', pinnedPnpm(root), ...step.pnpm], { cwd: root });
  } catch (error) {
    if (!(error instanceof RunError) || error.output === undefined) throw error;
    throw new RunError(`${step.hint} (${error.message})`, error.exitStatus, error.output);
  }
  writeStamp(stampFile(root, step), `${inputs} ${step.outputs(root)}`);
  tell(`${step.doing} took ${((performance.now() - started) / 1000).toFixed(1)} s.`);
}

/**
 * @param {string} root
 * @param {Step} step
 */
function stampFile(root, step) {
  return join(root, '.cache/bootstrap', step.name);
}

/**
 * @param {string} root
 * @returns {string} `pnpm@12.0.0`, as package.json pins it
 */
export function pinnedPnpm(root) {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')).packageManager;
}

/**
 * What any of the builds reads.
 *
 * @param {string} root
 */
function sources(root) {
  const configurations = ['package.json', 'tsup.config.ts', 'tsup.bundle.config.ts'];
  return hashContents(root, [
    ...['package.json', 'pnpm-lock.yaml', 'tsconfig.json', 'tsconfig.base.json', 'scripts/licences.js'],
    ...packages(root).flatMap((directory) => [
      ...configurations.map((name) => `${directory}/${name}`),
      ...listFiles(root, `${directory}/src`, (path) => !NOT_BUILT.test(path)),
    ]),
  ]);
}

const NOT_BUILT = /\.test(-d)?\.ts$|\/(fixtures|vectors)\//;

/** @param {string} root */
function packages(root) {
  return readdirSync(join(root, 'packages')).map((name) => `packages/${name}`);
}

/** @param {string} root */
function projects(root) {
  return [...packages(root), 'examples', 'bench'];
}
