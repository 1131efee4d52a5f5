import { defineConfig } from 'tsup';

/** The library; the command is a build of its own, in the same folder (tsup.bundle.config.ts). */
export default defineConfig({
  // One build of all entries with shared chunks: a second copy of `StorageError` would break `instanceof` across subpaths.
  entry: { index: 'src/index.ts', testing: 'src/storage/testing/index.ts' },
  format: 'esm',
  target: 'node20',
  splitting: true,
  sourcemap: true,
  dts: true,
  clean: ['!quinistry.mjs', '!LICENSES.txt'],
});
