/**
 * Who may import whom. An arrow never points up, and siblings never meet; tests may import what they like.
 *
 *     oci-image         errors <- spec <- content <- image <- { layout | archive | registry | node | tree }
 *     registry-server   { storage | manifests } <- { http <- { route <- response-event | client } | policy } <- exchange
 *                       exchange <- handlers, storage <- quine, and the rest stands above all
 *
 * test/layers.test.ts runs this, and shows that each rule can fail.
 */
const TESTS = '\\.test(-d)?\\.ts$';

const ociImage = {
  errors: [],
  spec: ['errors'],
  content: ['errors', 'spec'],
  image: ['errors', 'spec', 'content'],
  layout: ['errors', 'spec', 'content', 'image'],
  archive: ['errors', 'spec', 'content', 'image'],
  registry: ['errors', 'spec', 'content', 'image'],
  node: ['errors', 'spec', 'content', 'image'],
  tree: ['errors', 'spec', 'content', 'image'],
};

const registryServer = {
  storage: ['manifests'],
  manifests: ['storage'],
  http: ['storage'],
  route: ['storage', 'http'],
  client: ['storage', 'http'],
  policy: ['storage', 'manifests'],
  'registry-event': [],
  'response-event': ['storage', 'http', 'route'],
  exchange: ['storage', 'http', 'route', 'client', 'policy', 'registry-event', 'response-event'],
  handlers: ['storage', 'manifests', 'http', 'route', 'policy', 'registry-event', 'response-event', 'exchange'],
  quine: ['storage'],
};

/**
 * `spec` is a folder; `errors` is a single file.
 *
 * @param {string} packageName
 * @param {readonly string[]} names
 */
const inside = (packageName, names) => `^packages/${packageName}/src/(${names.join('|')})(/|\\.ts$)`;

/**
 * One rule a layer: inside its package it imports itself, and the layers it is allowed, only.
 *
 * @param {string} packageName
 * @param {Record<string, readonly string[]>} layers
 * @returns {import('dependency-cruiser').IForbiddenRuleType[]}
 */
const layerRules = (packageName, layers) =>
  Object.entries(layers).map(([layer, allowed]) => ({
    name: `${packageName}: ${layer} imports ${allowed.length === 0 ? 'no other layer' : `only ${allowed.join(', ')}`}`,
    severity: 'error',
    from: { path: inside(packageName, [layer]), pathNot: TESTS },
    to: { path: `^packages/${packageName}/`, pathNot: inside(packageName, [layer, ...allowed]) },
  }));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    ...layerRules('oci-image', ociImage),
    ...layerRules('registry-server', registryServer),
    {
      name: 'oci-image: every folder is a layer',
      comment: 'A new folder gets its place in the order above.',
      severity: 'error',
      from: { path: '^packages/oci-image/src/[^/]+/', pathNot: inside('oci-image', Object.keys(ociImage)) },
      to: {},
    },
    {
      name: 'oci-image: does not know registry-server',
      severity: 'error',
      from: { path: '^packages/oci-image/' },
      to: { path: '^packages/registry-server/|@quinistry/registry-server' },
    },
    {
      name: 'oci-image: errors and spec are pure',
      comment: 'They run in any JavaScript runtime, and do no I/O.',
      severity: 'error',
      from: { path: inside('oci-image', ['errors', 'spec']), pathNot: TESTS },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'registry-server: http is pure',
      comment: 'Functions from what a request says to what an answer says; they do no I/O.',
      severity: 'error',
      from: { path: inside('registry-server', ['http']), pathNot: TESTS },
      to: { dependencyTypes: ['core'], path: '^(node:)?(fs|net|https?|child_process)' },
    },
    {
      name: 'no cycles',
      severity: 'error',
      from: {},
      to: { circular: true },
    },
    {
      name: 'no source imports a test',
      severity: 'error',
      from: { path: '^packages/[^/]+/src/', pathNot: TESTS },
      to: { path: `${TESTS}|^packages/[^/]+/test/` },
    },
    {
      name: 'every import resolves',
      severity: 'error',
      from: {},
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules|/dist/' },
    exclude: { path: '/(fixtures|vectors)/' },
    tsPreCompilationDeps: true, // an `import type` is a dependency too
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['@quinistry/source', 'import', 'node', 'types', 'default'],
    },
  },
};
