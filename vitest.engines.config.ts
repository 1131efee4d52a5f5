import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** Tests that start container engines: as root, one file at a time, against the built packages. */
export default defineConfig({
  ...base,
  test: {
    include: ['packages/*/test/engines/**/*.test.ts'],
    fileParallelism: false,
    testTimeout: 180_000,
    hookTimeout: 180_000,
  },
});
