/** Where things are in the image. They never change: a generation that moved a file would have another digest. */
export const QUINE_PATHS = {
  node: '/usr/local/bin/node',
  application: '/quinistry/quinistry.mjs',
  licenses: '/quinistry/LICENSES.txt',
} as const;

/** Beside the bundle, where the build puts it. */
export const LICENSES_FILE = 'LICENSES.txt';
