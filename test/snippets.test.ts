import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { format } from 'node:util';
import ts from 'typescript';
import { afterAll, describe, expect, it, vi } from 'vitest';

/**
 * The `ts` blocks of the documentation. Each stands alone and compiles against the sources. One that is marked `ts run` is also
 * run, and what it prints is the `text` block that follows it.
 */
interface Snippet {
  /** `README.md:12`: the file and the line of the block. */
  readonly title: string;
  /** Where the block is checked: beside its document, so that it resolves what the document's package can. */
  readonly file: string;
  readonly code: string;
  /** What it prints, where it is run. */
  readonly output: string | undefined;
}

const root = fileURLToPath(new URL('..', import.meta.url));

async function documents(): Promise<string[]> {
  const packages = (await readdir(join(root, 'packages'))).map((name) => `packages/${name}/README.md`);
  const docs = (await readdir(join(root, 'docs'), { recursive: true })).map((name) => `docs/${name}`);
  return ['README.md', ...packages, ...docs.filter((name) => name.endsWith('.md'))].filter((path) =>
    existsSync(join(root, path)),
  );
}

async function readSnippets(path: string): Promise<Snippet[]> {
  const text = await readFile(join(root, path), 'utf8');
  const blocks = text.matchAll(/^```ts( run)?\n(.*?)^```\n(?:[^`]*```text\n(.*?)^```\n)?/gms);
  return [...blocks].map(({ index, 1: run, 2: code = '', 3: output = '' }) => {
    const line = text.slice(0, index).split('\n').length;
    return {
      title: `${path}:${line}`,
      file: join(root, dirname(path), `.cache/snippets/${line}.ts`),
      code: `${code}export {};\n`,
      output: run === undefined ? undefined : output,
    };
  });
}

/** `README.md:14 error TS2322: …`, for every error in the snippets. */
function typeErrors(snippets: readonly Snippet[]): string[] {
  const configuration = ts.readConfigFile(join(root, 'tsconfig.base.json'), ts.sys.readFile);
  const { options } = ts.parseJsonConfigFileContent(configuration.config, ts.sys, root);
  const host = ts.createCompilerHost(options);
  const texts = new Map(snippets.map(({ file, code }) => [file, code]));
  const { fileExists, readFile: read, getSourceFile } = host;
  host.fileExists = (file) => texts.has(file) || fileExists(file);
  host.readFile = (file) => texts.get(file) ?? read(file);
  host.getSourceFile = (file, target, ...rest) => {
    const text = texts.get(file);
    return text === undefined ? getSourceFile(file, target, ...rest) : ts.createSourceFile(file, text, target);
  };
  const program = ts.createProgram([...texts.keys()], options, host);
  return snippets.flatMap(({ title, file }) => {
    const source = program.getSourceFile(file);
    return [...program.getSyntacticDiagnostics(source), ...program.getSemanticDiagnostics(source)].map(
      ({ start, code, messageText }) => {
        const line = source?.getLineAndCharacterOfPosition(start ?? 0).line ?? 0;
        return `${title} +${line + 1} error TS${code}: ${ts.flattenDiagnosticMessageText(messageText, ' ')}`;
      },
    );
  });
}

const snippets = (await Promise.all((await documents()).map(readSnippets))).flat();

describe('the snippets of the documentation', () => {
  it('compile', () => {
    expect(typeErrors(snippets)).toEqual([]);
  });

  it('would be told if they did not compile', () => {
    const file = join(root, 'packages/oci-image/.cache/snippets/0.ts');
    const code =
      "import { OciError } from '@quinistry/oci-image';\nconst code: number = new OciError('BLOB_UNKNOWN', '').code;\n";
    expect(typeErrors([{ title: 'x.md:1', file, code, output: undefined }])).toEqual([
      expect.stringContaining('x.md:1 +2 error TS2322'),
    ]);
  });
});

describe('the snippets that are marked to be run', () => {
  const runnable = snippets.filter(({ output }) => output !== undefined);
  afterAll(() => Promise.all(runnable.map(({ file }) => rm(dirname(file), { recursive: true, force: true }))));

  it.each(runnable.map((snippet) => [snippet.title, snippet] as const))(
    'at %s print what the document says',
    async (_title, { file, code, output }) => {
      vi.stubEnv('SOURCE_DATE_EPOCH', undefined); // it would move the times, and so the digests
      await mkdir(dirname(file), { recursive: true });
      await writeFile(file, code);
      const log = vi.spyOn(console, 'log').mockImplementation(() => {});
      try {
        await import(/* @vite-ignore */ `/${relative('/', file)}`);
        expect(log.mock.calls.map((values) => `${format(...values)}\n`).join('')).toBe(output);
      } finally {
        log.mockRestore();
        vi.unstubAllEnvs();
      }
    },
  );
});
