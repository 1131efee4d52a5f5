/** Memory that bytes of uploads wait in while they are hashed and written. */

/** Chunks come from sockets in 64 KB or less; every write to a file is a trip through the thread pool. */
export const STAGE_BYTES = 512 * 1024;

/** Made at once. */
const ARENA_STAGES = 4;
const ARENA_BYTES = ARENA_STAGES * STAGE_BYTES;

/** So many uploads, or stages of one, may have a whole arena: the fewer trips, the faster. */
const MOST_LARGE_STAGES = 3;

/** As long as no more are in use, an upload may have several. */
const AMPLE_STAGES = 16;

/** Kept for later uploads, all in all; what is beyond is let go of. */
const KEPT_STAGES = 16;

/** WebAssembly counts its memory in these, and so it begins with one: it is the only memory that is known to. */
const WASM_PAGE_BYTES = 64 * 1024;

export interface Stage {
  /** That several threads see; {@link STAGE_BYTES} or a multiple of it. */
  readonly memory: Buffer;
  /** Whether it begins with a page of memory, which is what a disk can take bytes from without a copy. */
  readonly isAligned: boolean;
}

interface Arena {
  readonly memory: SharedArrayBuffer;
  readonly stages: readonly Stage[];
  used: number;
}

/** The stages of a store. Each upload has one at least; several, where few uploads run. */
export class StagePool {
  readonly #onDrop: (memory: SharedArrayBuffer) => void;
  readonly #arenas = new Map<ArrayBufferLike, Arena>();
  #free: Stage[] = [];
  #used = 0;
  readonly #large = new Set<Stage>();
  readonly #freeLarge: Stage[] = [];

  /** @param onDrop - told of memory that no stage is in any more. */
  constructor(onDrop: (memory: SharedArrayBuffer) => void) {
    this.#onDrop = onDrop;
  }

  take(): Stage {
    if (this.#free.length === 0) this.#addArena();
    const stage = this.#free.pop();
    if (stage === undefined) throw new Error('an arena without a stage');
    this.#arenaOf(stage).used += 1;
    this.#used += 1;
    return stage;
  }

  /** @returns `undefined` where many are in use: whoever has one waits until it is free again. */
  takeAnother(): Stage | undefined {
    return this.#takeLarge() ?? (this.#used < AMPLE_STAGES ? this.take() : undefined);
  }

  /** Nothing may be reading it any more. */
  return(stage: Stage): void {
    if (this.#large.has(stage)) {
      this.#freeLarge.push(stage);
      return;
    }
    const arena = this.#arenaOf(stage);
    arena.used -= 1;
    this.#used -= 1;
    this.#free.push(stage);
    if (arena.used > 0 || this.#free.length <= KEPT_STAGES) return;
    this.#free = this.#free.filter(({ memory }) => memory.buffer !== arena.memory);
    this.#arenas.delete(arena.memory);
    this.#onDrop(arena.memory);
  }

  #takeLarge(): Stage | undefined {
    const free = this.#freeLarge.pop();
    if (free !== undefined || this.#large.size === MOST_LARGE_STAGES) return free;
    const { memory, isAligned } = allocate();
    const stage = { memory: Buffer.from(memory), isAligned };
    this.#large.add(stage);
    return stage;
  }

  #arenaOf({ memory }: Stage): Arena {
    const arena = this.#arenas.get(memory.buffer);
    if (arena === undefined) throw new TypeError('the stage is not of this pool, or was returned before');
    return arena;
  }

  #addArena(): void {
    const { memory, isAligned } = allocate();
    const stages = Array.from({ length: ARENA_STAGES }, (_, index) => ({
      memory: Buffer.from(memory, index * STAGE_BYTES, STAGE_BYTES),
      isAligned,
    }));
    this.#arenas.set(memory, { memory, stages, used: 0 });
    this.#free.push(...stages);
  }
}

/** Every runtime has it; the types of Node.js do not tell. */
declare const WebAssembly: {
  readonly Memory: new (options: {
    initial: number;
    maximum: number;
    shared: boolean;
  }) => { readonly buffer: ArrayBufferLike };
};

function allocate(): { readonly memory: SharedArrayBuffer; readonly isAligned: boolean } {
  const aligned = allocateAligned();
  return { memory: aligned ?? new SharedArrayBuffer(ARENA_BYTES), isAligned: aligned !== undefined };
}

/** @returns `undefined` where there is no WebAssembly, or no more room for it: V8 sets aside gigabytes of addresses for each. */
function allocateAligned(): SharedArrayBuffer | undefined {
  const pages = ARENA_BYTES / WASM_PAGE_BYTES;
  try {
    const { buffer } = new WebAssembly.Memory({ initial: pages, maximum: pages, shared: true });
    return buffer instanceof SharedArrayBuffer ? buffer : undefined;
  } catch {
    return undefined;
  }
}
