export type { NodeRuntime, NodeRuntimeOptions, RuntimeFile } from './node-runtime.js';
export { DEFAULT_RUNTIME_PATH, nodeRuntimeEntries, readNodeRuntime } from './node-runtime.js';
