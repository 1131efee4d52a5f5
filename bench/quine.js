/**
 * The figures of the quine: how soon it is served, how large it is, how much memory that takes, and what each level of gzip
 * would give instead. Build first (npm run build), on Linux, and let nothing else run:
 *
 *     node bench/quine.js [runs]
 *
 * Times of one machine say little on another. So each run also times zlib at level 6 on the same executable, in one
 * thread, and the ratio is what to compare.
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { formatMegabytes, formatSeconds, formatTable, median } from './measure.js';
import { QuineProcess } from './quine-process.js';

const DEFAULT_RUNS = 5;
const PULLS = 10;
const LEVELS = [1, 2, 3, 4, 5, 6];

const runs = Number(process.argv[2] ?? DEFAULT_RUNS);

/** Times are from the start of the process; a manifest is there with its last byte. Sizes are in bytes. */
async function measureServer() {
  const started = performance.now();
  const server = await QuineProcess.start();
  try {
    const listeningMs = performance.now() - started;
    await server.pullManifest();
    const servedMs = performance.now() - started;
    const builtMemory = server.peakMemory();
    let bytes = 0;
    for (let pull = 0; pull < PULLS; pull++) bytes = await server.pull();
    const sequentialMemory = server.peakMemory();
    await Promise.all(Array.from({ length: PULLS }, () => server.pull()));
    return { listeningMs, servedMs, bytes, builtMemory, sequentialMemory, parallelMemory: server.peakMemory() };
  } finally {
    await server.stop();
  }
}

/** The whole process, as for the server. */
function measureGzip() {
  const script = 'zlib.gzipSync(fs.readFileSync(process.execPath), { level: 6 })';
  const started = performance.now();
  execFileSync(process.execPath, ['--eval', script]);
  return performance.now() - started;
}

/**
 * @param {number} level
 * @returns {{ ms: number, bytes: number }}
 */
function measureLevel(level) {
  const script = fileURLToPath(new URL('build-runtime-layer.js', import.meta.url));
  return JSON.parse(execFileSync(process.execPath, [script, String(level)], { encoding: 'utf8' }));
}

/**
 * @param {string} name
 * @param {readonly number[]} values
 * @param {(value: number) => string} format
 * @param {string} [target]
 * @returns {[name: string, median: string, least: string, most: string, target: string]}
 */
function row(name, values, format, target = '') {
  return [name, format(median(values)), format(Math.min(...values)), format(Math.max(...values)), target];
}

/** @type {Awaited<ReturnType<typeof measureServer>>[]} */
const servers = [];
/** @type {number[]} */
const gzips = [];
for (let run = 0; run < runs; run++) {
  servers.push(await measureServer());
  gzips.push(measureGzip());
}

/** @param {(server: (typeof servers)[number]) => number} value */
const each = (value) => servers.map(value);
const ratios = servers.map(({ servedMs }, run) => servedMs / (gzips[run] ?? Number.NaN));

const load = readFileSync('/proc/loadavg', 'utf8').split(' ', 1);
console.log(
  `Node.js ${process.version}, ${process.arch}, ${availableParallelism()} cores, load ${load}, ${runs} runs\n`,
);
console.log(
  formatTable([
    ['', 'median', 'least', 'most', 'target'],
    row(
      'process start to listening',
      each((server) => server.listeningMs),
      formatSeconds,
    ),
    row(
      'process start to the manifest',
      each((server) => server.servedMs),
      formatSeconds,
      '1.00 s',
    ),
    row('zlib -6 of the executable', gzips, formatSeconds),
    row('… ratio of the two', ratios, (ratio) => ratio.toFixed(2)),
    row(
      'compressed size',
      each((server) => server.bytes),
      formatMegabytes,
      '43.0 MB',
    ),
    row(
      'peak memory: built',
      each((server) => server.builtMemory),
      formatMegabytes,
    ),
    row(
      `… and ${PULLS} pulls one by one`,
      each((server) => server.sequentialMemory),
      formatMegabytes,
      '250.0 MB',
    ),
    row(
      `… and ${PULLS} pulls at once`,
      each((server) => server.parallelMemory),
      formatMegabytes,
      '250.0 MB',
    ),
  ]),
);

const levels = LEVELS.map((level) => {
  const results = Array.from({ length: runs }, () => measureLevel(level));
  return { level, bytes: results[0]?.bytes ?? Number.NaN, times: results.map(({ ms }) => ms) };
});
console.log('\nThe layer with Node.js, by level of gzip\n');
console.log(
  formatTable([
    ['level', 'size', 'median', 'least', 'most'],
    ...levels.map(({ level, bytes, times }) => {
      const [name, ...spread] = row(String(level), times, formatSeconds);
      return [name, formatMegabytes(bytes), ...spread];
    }),
  ]),
);
