import { build } from 'tsup';

/** Bundles a program of the tests into `folder`, since Node.js 20 runs no TypeScript. @returns its path. */
export async function bundleEntry(entry: string, folder: string): Promise<string> {
  await build({
    config: false,
    silent: true,
    entry: { program: entry },
    outDir: folder,
    format: 'esm',
    target: 'node20',
    outExtension: () => ({ js: '.mjs' }),
    noExternal: [/^(?!@napi-rs\/)/],
    external: ['@napi-rs/xattr'],
    splitting: false,
    esbuildOptions: (options) => {
      options.conditions = ['@quinistry/source', 'module', 'node', 'import'];
    },
    banner: {
      js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
    },
  });
  return `${folder}/program.mjs`;
}
