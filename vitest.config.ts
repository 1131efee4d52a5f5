import { defineConfig } from 'vitest/config';

export default defineConfig({
  // Tests run against the sources; the packed tarballs have a test of their own (test/packages.test.ts).
  resolve: { conditions: ['@quinistry/source'] },
  ssr: { resolve: { conditions: ['@quinistry/source', 'node', 'import', 'default'] } },
  test: {
    include: [
      'packages/*/src/**/*.test.ts',
      'packages/*/test/**/*.test.ts',
      'test/**/*.test.ts',
      'scripts/**/*.test.ts',
      'examples/**/*.test.ts',
    ],
    exclude: ['**/node_modules/**', '**/dist/**', '**/engines/**', '**/crash/**'],
    typecheck: { include: ['packages/*/src/**/*.test-d.ts'], tsconfig: './tsconfig.json' },
    maxWorkers: '100%', // much of the time is spent waiting for processes; by itself vitest leaves one core out
    testTimeout: 30_000,
    hookTimeout: 60_000,
  },
});
