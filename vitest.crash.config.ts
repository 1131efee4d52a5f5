import { defineConfig } from 'vitest/config';
import base from './vitest.config.ts';

/** The test that kills a registry over and over, for minutes. `npm run crash` sets how often. */
export default defineConfig({
  ...base,
  test: { include: ['packages/*/test/crash/**/*.test.ts'] },
});
