import { STAGE_BYTES, STAGE_COUNT, type Stages } from './stream-hash.js';

const BYTES = STAGE_COUNT * STAGE_BYTES;

/** WebAssembly counts its memory in these, and so it begins with one: it is the only memory that is known to. */
const WASM_PAGE_BYTES = 64 * 1024;

/** Every runtime has it; the types of Node.js do not tell. */
declare const WebAssembly: {
  readonly Memory: new (options: {
    initial: number;
    maximum: number;
    shared: boolean;
  }) => { readonly buffer: ArrayBufferLike };
};

/** Stages that two threads see. */
export class SharedStages implements Stages {
  readonly number: number;
  readonly memory: SharedArrayBuffer;
  readonly pieces: readonly Buffer[];
  readonly isAligned: boolean;

  /** @param number - by which the threads speak of it. */
  constructor(number: number) {
    this.number = number;
    const aligned = allocateAligned();
    this.isAligned = aligned !== undefined;
    this.memory = aligned ?? new SharedArrayBuffer(BYTES);
    this.pieces = Array.from({ length: STAGE_COUNT }, (_, index) =>
      Buffer.from(this.memory, index * STAGE_BYTES, STAGE_BYTES),
    );
  }
}

/** @returns `undefined` where there is no WebAssembly, or no more room for it: V8 sets aside gigabytes of addresses for each. */
function allocateAligned(): SharedArrayBuffer | undefined {
  const pages = BYTES / WASM_PAGE_BYTES;
  try {
    const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    return buffer instanceof SharedArrayBuffer ? buffer : undefined;
  } catch {
    return undefined;
  }
}
