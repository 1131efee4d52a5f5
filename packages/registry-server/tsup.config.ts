import { defineConfig } from 'tsup';

/** The library; the command is a build of its own, in the same folder (tsup.bundle.config.ts). */
export default defineConfig({
  entry: { index: 'src/index.ts' },
  format: 'esm',
  target: 'node20',
  sourcemap: true,
  dts: true,
  clean: ['!quinistry.mjs', '!LICENSES.txt'],
});
