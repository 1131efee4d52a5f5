/**
 * The figures of the registry over a directory, beside those of Debian's docker-registry on the same machine. Build first
 * (npm run build), on Linux with docker-registry installed, and let nothing else run:
 *
 *     node bench/registry.js [--runs 5] [--full] [--only <part of a name>]
 *
 * Both servers run as one process each and take turns. Times of one machine say little on another: the ratio of the two is
 * what to compare. The client runs on the same cores as the servers, so it costs both of them the same.
 */
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { writeLayoutTree } from './layout-tree.js';
import { formatMegabytes, formatSeconds, formatTable, median } from './measure.js';
import {
  createBlob,
  createManifest,
  measureRate,
  pullBlob,
  pushBlob,
  pushImage,
  pushManifest,
  timed,
  withConnections,
} from './registry-load.js';
import { RegistryProcess } from './registry-process.js';

const { values: flags } = parseArgs({
  options: {
    runs: { type: 'string', default: '5' },
    /** Pushes 16 blobs of 1 GB where 256 MB have to do otherwise. */
    full: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
  },
});
const runs = Number(flags.runs);

const CLIENTS = 16;
const LARGE_BYTES = 512 * 1024 * 1024;
const RATE_MS = 2000;
const SMALL_IMAGES = 1000;
const SMALL_BYTES = 10_000;
const PARALLEL_BYTES = (flags.full ? 1024 : 256) * 1024 * 1024;
const MEMORY = { format: formatMegabytes, target: 150e6 };
const MANY_TAGS = 10_000;
const FEW_TAGS = 10;
const TAG_PUSHES = 200;

const directory = mkdtempSync(join(tmpdir(), 'quinistry-bench-'));
/** @type {string[][]} */
const rows = [];

/** @param {string} name */
const isWanted = (name) => name.includes(flags.only);

/** @param {number} value */
const whole = (value) => value.toFixed(0);

/**
 * @typedef {object} Contest
 * @property {string} name
 * @property {string} unit per second
 * @property {number} target how many times the rate of docker-registry
 * @property {(server: RegistryProcess) => Promise<number>} measure per second
 */

/** @type {readonly Contest[]} */
const CONTESTS = [
  {
    name: `manifest GET by tag, ${CLIENTS} clients`,
    unit: 'requests',
    target: 10,
    measure: ({ port }) => measureRate(port, '/v2/small/manifests/latest', { clients: CLIENTS, durationMs: RATE_MS }),
  },
  { name: 'blob GET, 512 MB, in the page cache', unit: 'MB', target: 1, measure: pullLargeBlob },
  {
    name: 'blob GET, 512 MB, from the disk',
    unit: 'MB',
    target: 1,
    measure(server) {
      evictLargeFiles(server.directory);
      return pullLargeBlob(server);
    },
  },
  {
    name: 'blob push, 512 MB',
    unit: 'MB',
    target: 3,
    async measure(server) {
      const blob = createBlob(LARGE_BYTES);
      let ms = Number.NaN;
      await withConnections(server.port, 1, async (connection) => {
        ms = await timed(() => pushBlob(connection, 'pushed', blob));
      });
      return LARGE_BYTES / 1000 / ms;
    },
  },
  {
    name: `${SMALL_IMAGES} images of ${SMALL_BYTES / 1000} KB pushed, ${CLIENTS} clients`,
    unit: 'images',
    target: 2,
    measure: ({ port }) => pushSmallImages(port),
  },
];

const largeBlob = createBlob(LARGE_BYTES);

/** @param {RegistryProcess} server */
async function pullLargeBlob({ port }) {
  let ms = Number.NaN;
  await withConnections(port, 1, async (connection) => {
    ms = await timed(() => pullBlob(connection, 'large', largeBlob));
  });
  return LARGE_BYTES / 1000 / ms;
}

/**
 * Takes them out of the page cache, where a blob is for some time after it was written or read.
 *
 * @param {string} path
 */
function evictLargeFiles(path) {
  for (const name of readdirSync(path, { encoding: 'utf8', recursive: true })) {
    const file = join(path, name);
    if (statSync(file).size < LARGE_BYTES) continue;
    const options = [`of=${file}`, 'oflag=nocache', 'conv=notrunc,fdatasync', 'count=0'];
    execFileSync('dd', options, { stdio: 'ignore' });
  }
}

/**
 * A blob and a manifest each; the configuration is there already.
 *
 * @param {number} port
 */
async function pushSmallImages(port) {
  const config = createBlob(1000);
  const images = Array.from({ length: SMALL_IMAGES }, (_, index) => {
    const layer = createBlob(SMALL_BYTES);
    return { layer, manifest: createManifest(layer, config), tag: `t${index}` };
  });
  await withConnections(port, CLIENTS, (connection, client) => pushBlob(connection, `team/app${client}`, config));
  const ms = await timed(() =>
    withConnections(port, CLIENTS, async (connection, client) => {
      for (let image = images.pop(); image !== undefined; image = images.pop()) {
        await pushBlob(connection, `team/app${client}`, image.layer);
        await pushManifest(connection, `team/app${client}`, image.tag, image.manifest);
      }
    }),
  );
  return (SMALL_IMAGES / ms) * 1000;
}

/**
 * @param {import('./registry-process.js').Program} program
 * @param {string} name of the directory, which is made unless it is there
 * @param {(server: RegistryProcess) => Promise<void>} work
 * @param {string} [path]
 */
async function withServer(program, name, work, path) {
  const root = join(directory, name);
  mkdirSync(root, { recursive: true });
  const server = await RegistryProcess.start(program, root, path);
  try {
    await work(server);
  } finally {
    await server.stop();
  }
}

async function runContests() {
  const contests = CONTESTS.filter(({ name }) => isWanted(name));
  if (contests.length === 0) return;
  await withServer('quinistry', 'ours', (ours) =>
    withServer('docker-registry', 'theirs', async (theirs) => {
      for (const server of [ours, theirs]) {
        await server.settle();
        await withConnections(server.port, 1, async (connection) => {
          await pushImage(connection, 'small', 'latest', SMALL_BYTES);
          await pushBlob(connection, 'large', largeBlob);
        });
      }
      for (const contest of contests) await runContest(contest, ours, theirs);
    }),
  );
}

/**
 * @param {Contest} contest
 * @param {RegistryProcess} ours
 * @param {RegistryProcess} theirs
 */
async function runContest({ name, unit, target, measure }, ours, theirs) {
  /** @type {number[]} */
  const own = [];
  /** @type {number[]} */
  const other = [];
  for (let run = 0; run < runs; run++) {
    own.push(await measure(ours));
    other.push(await measure(theirs));
  }
  const ratio = median(own) / median(other);
  const verdict = ratio >= target ? 'met' : 'MISSED';
  const spread = `${whole(Math.min(...own))}–${whole(Math.max(...own))}`;
  const cells = [
    `${whole(median(own))} ${unit}/s`,
    spread,
    `${whole(median(other))} ${unit}/s`,
    `× ${ratio.toFixed(2)}`,
  ];
  rows.push([name, ...cells, `× ${target}`, verdict]);
}

/**
 * @param {string} name
 * @param {readonly number[]} values
 * @param {{ format: (value: number) => string, target: number }} options target: at most
 */
function addRow(name, values, { format, target }) {
  const spread = values.length > 1 ? `${format(Math.min(...values))}–${format(Math.max(...values))}` : '';
  const verdict = median(values) <= target ? 'met' : 'MISSED';
  rows.push([name, format(median(values)), spread, '', '', `≤ ${format(target)}`, verdict]);
}

async function measureParallelPushes() {
  const name = `memory while ${CLIENTS} × ${PARALLEL_BYTES / 1024 / 1024} MB are pushed`;
  if (!isWanted(name)) return;
  const blobs = Array.from({ length: CLIENTS }, () => createBlob(PARALLEL_BYTES));
  await withServer('quinistry', 'parallel', async (server) => {
    await server.settle();
    const idle = server.memory();
    server.resetPeakMemory();
    await withConnections(server.port, CLIENTS, async (connection, client) => {
      const blob = blobs[client];
      if (blob !== undefined) await pushBlob(connection, `app${client}`, blob);
    });
    addRow('memory at rest, with the image of itself', [idle], MEMORY);
    addRow(name, [server.peakMemory()], MEMORY);
  });
  rmSync(join(directory, 'parallel'), { recursive: true });
}

/** What tags cost: memory, and the push of one more. */
async function measureTags() {
  const name = `tag pushed among ${MANY_TAGS}, to one in an empty repository`;
  if (!isWanted(name)) return;
  const empty = await measureRepository('empty', 0);
  const few = await measureRepository('few', FEW_TAGS);
  const many = await measureRepository('many', MANY_TAGS);
  addRow(name, [median(many.ms) / median(empty.ms)], { format: (value) => `× ${value.toFixed(1)}`, target: 3 });
  addRow(`memory after ${TAG_PUSHES} pushes among ${FEW_TAGS} tags`, [few.bytes], MEMORY);
  addRow(`memory after ${TAG_PUSHES} pushes among ${MANY_TAGS} tags`, [many.bytes], MEMORY);
}

/**
 * @param {string} name
 * @param {number} tags
 */
async function measureRepository(name, tags) {
  if (tags > 0) writeLayoutTree(join(directory, name), { repositories: 1, tags });
  /** @type {number[]} */
  const ms = [];
  let bytes = Number.NaN;
  await withServer('quinistry', name, async (server) => {
    await server.settle();
    await withConnections(server.port, 1, async (connection) => {
      const config = createBlob(1000);
      const layer = createBlob(100);
      await pushBlob(connection, 'r0', config);
      await pushBlob(connection, 'r0', layer);
      const manifest = createManifest(layer, config);
      for (let push = 0; push < TAG_PUSHES; push++) {
        ms.push(await timed(() => pushManifest(connection, 'r0', `pushed${push}`, manifest)));
      }
      await server.settle();
      bytes = server.memory();
    });
  });
  return { ms, bytes };
}

async function measureStart() {
  const name = '1,000 repositories and 10,000 tags: start to a manifest';
  if (!isWanted(name)) return;
  writeLayoutTree(join(directory, 'tree'), { repositories: 1000, tags: 10 });
  /** @type {number[]} */
  const times = [];
  for (let run = 0; run < runs; run++) {
    const started = performance.now();
    const noteTime = async () => {
      times.push(performance.now() - started);
    };
    await withServer('quinistry', 'tree', noteTime, '/v2/r999/manifests/t9');
  }
  addRow(name, times, { format: formatSeconds, target: 1000 });
}

try {
  await runContests();
  await measureParallelPushes();
  await measureStart();
  await measureTags();
} finally {
  rmSync(directory, { recursive: true });
}

const [load] = readFileSync('/proc/loadavg', 'utf8').split(' ', 1);
console.log(
  `Node.js ${process.version}, ${process.arch}, ${availableParallelism()} cores, load ${load}, ${runs} runs\n`,
);
console.log(formatTable([['', 'quinistry', 'spread', 'docker-registry', 'ratio', 'target', ''], ...rows]));
