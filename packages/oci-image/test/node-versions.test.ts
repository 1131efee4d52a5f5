/** The same tree on every version of Node.js that this library runs on, and on other processors. */
import { spawnSync } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'tsup';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { nodeExecutable, nodeVersions } from '../../../scripts/node-versions.js';
import { command, describeWith, type Judge, judge } from './judges.js';
import type { FixedLayer } from './print-fixed-layer.js';

/** A change of this constant is a change of the digests of all layers that users build: a major version. */
const FIXED_DIFF_ID = 'sha256:33089bf831a52c9965213d3ad66bef28c02af5a1ae17df4c18f327d6968de96b';

const MAJORS = [22, 24, 26] as const;

/** For each architecture an old processor, without SSE 4.2 and AVX on x64, and one with all that the emulator knows. */
const EMULATORS: Partial<Record<string, { readonly command: string; readonly processors: readonly string[] }>> = {
  x64: { command: 'qemu-x86_64', processors: ['qemu64', 'max'] },
  arm64: { command: 'qemu-aarch64', processors: ['cortex-a53', 'max'] },
};

let directory: string;
let script: string;
const layers = new Map<string, FixedLayer>();

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'node-versions-'));
  script = join(directory, 'print-fixed-layer.mjs');
  await build({
    config: false,
    silent: true,
    entry: [fileURLToPath(new URL('print-fixed-layer.ts', import.meta.url))],
    outDir: directory,
    format: 'esm',
    target: 'node20',
    outExtension: () => ({ js: '.mjs' }),
    // All but what is optional and native, and wanted for trees on disk alone.
    noExternal: [/^(?!@napi-rs\/)/],
    external: ['@napi-rs/xattr'],
  });
});
afterAll(() => rm(directory, { recursive: true }));

/** What the script prints; each program runs once. */
function buildFixedLayer(...program: readonly [string, ...string[]]): FixedLayer {
  const key = program.join(' ');
  const layer = layers.get(key) ?? (JSON.parse(run(program)) as FixedLayer);
  layers.set(key, layer);
  return layer;
}

function run([file, ...args]: readonly [string, ...string[]]): string {
  const { status, stdout, stderr } = spawnSync(file, [...args, script], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${file} exited with ${status}: ${stderr}`);
  return stdout;
}

function nodeJudge(major: (typeof MAJORS)[number]): Judge {
  const version = `v${nodeVersions[major]}`;
  return judge(
    `Node.js ${version}, which node scripts/node-versions.js fetches`,
    () => spawnSync(nodeExecutable(major), ['--version'], { encoding: 'utf8' }).stdout.trim() === version,
  );
}

describe('buildLayer, with the Node.js that runs the tests', () => {
  it('gives the fixed tree the diffID that it has always had', () => {
    expect(buildFixedLayer(process.execPath).diffId).toBe(FIXED_DIFF_ID);
  });
});

for (const major of MAJORS) {
  describeWith([nodeJudge(major)], `buildLayer, with Node.js ${major}`, () => {
    it('gives the fixed tree the same diffID', () => {
      expect(buildFixedLayer(nodeExecutable(major)).diffId).toBe(FIXED_DIFF_ID);
    });
  });
}

describeWith(MAJORS.map(nodeJudge), 'gzip, with every version of Node.js', () => {
  it('gives the same bytes wherever zlib is the same', () => {
    const digests = new Map<string, Set<string>>();
    for (const node of [process.execPath, ...MAJORS.map(nodeExecutable)]) {
      const { zlib, digest } = buildFixedLayer(node);
      digests.set(zlib, (digests.get(zlib) ?? new Set()).add(digest));
    }
    // Between versions of zlib nothing is promised, so nothing is asked.
    expect([...digests].filter(([, { size }]) => size > 1)).toEqual([]);
  });
});

const { command: emulator, processors } = EMULATORS[process.arch] ?? { command: 'an emulator', processors: ['max'] };

describeWith([command(emulator)], 'gzip, on another processor', () => {
  it.each(processors)('gives the same bytes on %s', (processor) => {
    // --jitless: emulating a compiler takes longer than what its code would save.
    const emulated = buildFixedLayer(emulator, '-cpu', processor, process.execPath, '--jitless');
    expect(emulated).toEqual(buildFixedLayer(process.execPath));
  });
});
