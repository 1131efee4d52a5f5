/**
 * The tar codec beside tar-stream: the figures of decision 0002. Nothing is hashed, compressed or written to a disk.
 *
 *     npx tsup bench/tar.ts --no-config --format esm --target node20 --external tar-stream --out-dir bench/dist
 *     node bench/dist/tar.js
 */
import { cpus } from 'node:os';
import { Readable } from 'node:stream';
import { extract, pack } from 'tar-stream';
import type { Content } from '../packages/oci-image/src/content/content.js';
import { readTar } from '../packages/oci-image/src/content/tar/read-tar.js';
import type { TarEntry } from '../packages/oci-image/src/content/tar/tar-entry.js';
import { writeTar } from '../packages/oci-image/src/content/tar/write-tar.js';

const RUNS = 9;
const CHUNK = new Uint8Array(64 * 1024).fill(0x61); // as fs.createReadStream gives them
const MTIME = 1_700_000_000;

interface Workload {
  readonly name: string;
  readonly files: number;
  /** Bytes of each file. */
  readonly size: number;
}

const WORKLOADS: readonly Workload[] = [
  { name: '20,000 files of 1 KiB', files: 20_000, size: 1024 },
  { name: 'one file of 512 MiB', files: 1, size: 512 * 2 ** 20 },
];

function* body(size: number): Generator<Uint8Array> {
  for (let left = size; left > 0; left -= CHUNK.length) yield left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
}

function* entries({ files, size }: Workload): Generator<TarEntry> {
  const xattrs = new Map<string, Uint8Array>();
  const content: Content = {
    size,
    async *open() {
      for (const chunk of body(size)) yield chunk;
    },
  };
  for (let i = 0; i < files; i++) {
    const path = `folder/file-${i}`;
    yield { path, type: 'file', content, mode: 0o644, uid: 0, gid: 0, uname: '', gname: '', mtime: MTIME, xattrs };
  }
}

async function count(source: AsyncIterable<unknown>): Promise<number> {
  let bytes = 0;
  for await (const chunk of source) if (chunk instanceof Uint8Array) bytes += chunk.length;
  return bytes;
}

function writeOurs(workload: Workload): Promise<number> {
  return count(writeTar(entries(workload)));
}

async function writeTarStream({ files, size }: Workload): Promise<number> {
  const archive = pack();
  const fill = async () => {
    for (let i = 0; i < files; i++) {
      const header = { name: `folder/file-${i}`, size, mode: 0o644, mtime: new Date(MTIME * 1000) };
      await new Promise<void>((resolve, reject) => {
        const done = (error?: Error | null) => (error ? reject(error) : resolve());
        if (size <= CHUNK.length) archive.entry(header, Buffer.from(CHUNK.buffer, 0, size), done);
        else Readable.from(body(size)).pipe(archive.entry(header, done));
      });
    }
    archive.finalize();
  };
  const [bytes] = await Promise.all([count(archive), fill()]);
  return bytes;
}

/** The small files' archive, written once; that of the large one is made on the way, of one chunk over and over. */
const smallArchive = new Map<Workload, readonly Uint8Array[]>();

async function* archiveOf(workload: Workload): AsyncGenerator<Uint8Array> {
  yield* smallArchive.get(workload) ?? writeTar(entries(workload));
}

async function collect(source: AsyncIterable<Uint8Array>): Promise<readonly Uint8Array[]> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of source) chunks.push(chunk);
  return chunks;
}

async function readOurs(workload: Workload): Promise<number> {
  let bytes = 0;
  for await (const entry of readTar(archiveOf(workload))) if (entry.type === 'file') bytes += await count(entry.body);
  return bytes;
}

async function readTarStream(workload: Workload): Promise<number> {
  let bytes = 0;
  for await (const entry of Readable.from(archiveOf(workload), { objectMode: false }).pipe(extract())) {
    bytes += await count(entry);
  }
  return bytes;
}

/** Milliseconds of processor time, on all threads: what else the machine does hardly shows in it. */
async function timed(task: () => Promise<number>, expected: number): Promise<number> {
  const start = process.cpuUsage();
  const bytes = await task();
  const { user, system } = process.cpuUsage(start);
  if (bytes !== expected) throw new Error(`${bytes} bytes came out where ${expected} were expected`);
  return (user + system) / 1000;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
}

console.log(
  `Node ${process.version}, ${cpus().length} cores, medians of ${RUNS} runs, milliseconds of processor time\n`,
);
console.log('| | ours | tar-stream | tar-stream / ours |\n|---|---:|---:|---:|');
for (const workload of WORKLOADS) {
  const { files, size } = workload;
  if (files > 1) smallArchive.set(workload, await collect(writeTar(entries(workload))));
  const archiveSize = files * (512 + size) + 1024;
  for (const [verb, ours, theirs, expected] of [
    ['write', writeOurs, writeTarStream, archiveSize],
    ['read', readOurs, readTarStream, files * size],
  ] as const) {
    const times = { ours: [] as number[], theirs: [] as number[] };
    // In turns, so that both meet the same load of the machine; the first round warms up.
    for (let run = 0; run <= RUNS; run++) {
      const [a, b] = [await timed(() => ours(workload), expected), await timed(() => theirs(workload), expected)];
      if (run === 0) continue;
      times.ours.push(a);
      times.theirs.push(b);
    }
    const [a, b] = [median(times.ours), median(times.theirs)];
    console.log(`| ${verb}, ${workload.name} | ${a.toFixed(1)} | ${b.toFixed(1)} | ${(b / a).toFixed(1)} |`);
  }
}
