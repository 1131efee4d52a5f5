import { defineConfig } from 'tsup';

export default defineConfig({
  // One build of all entries with shared chunks: a second copy of `OciError` would break `instanceof` across subpaths.
  entry: { index: 'src/index.ts', 'spec/index': 'src/spec/index.ts', 'node/index': 'src/node/index.ts' },
  format: 'esm',
  target: 'node20',
  splitting: true,
  sourcemap: true,
  dts: true,
  clean: true,
});
