/**
 * The licence texts of everything that is bundled into one file: whoever ships that file ships these with it.
 */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';

/**
 * @typedef {object} BundledPackage
 * @property {string} name
 * @property {string} version
 * @property {string} licence an SPDX expression
 * @property {string} text
 */

/**
 * An esbuild plugin that writes the licences of the packages whose code went into the bundle, and fails the build
 * where one of them has none.
 *
 * @param {string} outfile
 * @returns {NonNullable<import('tsup').Options['esbuildPlugins']>[number]}
 */
export function licences(outfile) {
  return {
    name: 'licences',
    setup(build) {
      build.initialOptions.metafile = true;
      build.onEnd(({ metafile }) => {
        if (metafile === undefined) return; // the build failed
        const folder = build.initialOptions.absWorkingDir ?? process.cwd();
        const files = Object.values(metafile.outputs).flatMap(({ inputs }) =>
          Object.entries(inputs).filter(([, { bytesInOutput }]) => bytesInOutput > 0),
        );
        mkdirSync(dirname(outfile), { recursive: true }); // tsup makes it only later
        writeFileSync(outfile, formatLicences(bundledPackages(files.map(([path]) => resolve(folder, path)))));
      });
    },
  };
}

/**
 * The packages under `node_modules` that these files belong to, each once, by name and version.
 *
 * @param {readonly string[]} files absolute paths
 * @returns {BundledPackage[]}
 * @throws {Error} A package that states no licence, or comes without its text.
 */
export function bundledPackages(files) {
  const folders = new Set(files.flatMap((file) => packageFolder(file) ?? []));
  return [...folders].map(readPackage).sort((a, b) => compare(`${a.name}@${a.version}`, `${b.name}@${b.version}`));
}

/**
 * @param {readonly BundledPackage[]} packages
 * @returns {string}
 */
export function formatLicences(packages) {
  const rule = '-'.repeat(80);
  const sections = packages.map(
    ({ name, version, licence, text }) => `${rule}\n${name} ${version} (${licence})\n\n${text}\n`,
  );
  return `Third-party software in this program, and its licences.\n\n${sections.join('\n')}`;
}

/**
 * `…/node_modules/@scope/name/…` belongs to `…/node_modules/@scope/name`; the last `node_modules` counts.
 *
 * @param {string} file
 */
function packageFolder(file) {
  return /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+(?=[\\/])/.exec(file)?.[0];
}

/**
 * @param {string} folder
 * @returns {BundledPackage}
 */
function readPackage(folder) {
  const { name, version, license: licence } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  const file = readdirSync(folder)
    .sort(compare)
    .find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  if (typeof licence !== 'string' || file === undefined) {
    throw new Error(
      `${name}@${version} is bundled, but it does not say under which licence: expected a LICENSE file and "license"`,
    );
  }
  return { name, version, licence, text: readFileSync(join(folder, file), 'utf8').replaceAll('\r\n', '\n').trim() };
}

/**
 * By code units: the same order whatever the locale.
 *
 * @param {string} a
 * @param {string} b
 */
function compare(a, b) {
  return a < b ? -1 : a > b ? 1 : 0;
}
