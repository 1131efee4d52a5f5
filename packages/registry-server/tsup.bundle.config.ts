import { defineConfig } from 'tsup';
import { licences } from '../../scripts/licences.js';
import manifest from './package.json' with { type: 'json' };

/**
 * The command `quinistry` as one file that needs nothing but Node.js: it is the upper layer of the image it serves.
 * Its bytes decide the image's digest, so nothing of the machine, the folder or the time may get into them.
 */
export default defineConfig({
  entry: { quinistry: 'src/command-line/main.ts' },
  format: 'esm',
  target: 'node20',
  outExtension: () => ({ js: '.mjs' }),
  noExternal: [/^(?!@napi-rs\/)/],
  external: ['@napi-rs/xattr'], // native and optional: oci-image asks for it at run time, and does without
  splitting: false,
  minifyWhitespace: true,
  minifySyntax: true,
  define: { QUINISTRY_VERSION: JSON.stringify(manifest.version) },
  // Straight from the sources of oci-image: what its own build made, and when, does not matter.
  esbuildOptions: (options) => {
    options.conditions = ['@quinistry/source', 'module', 'node', 'import'];
    options.legalComments = 'none'; // LICENSES.txt has them
  },
  esbuildPlugins: [licences('dist/LICENSES.txt')],
  banner: {
    // Bundled CommonJS calls these.
    js: [
      '#!/usr/bin/env node',
      "import { createRequire as __createRequire } from 'node:module';",
      'const require = __createRequire(import.meta.url);',
    ].join('\n'),
  },
});
