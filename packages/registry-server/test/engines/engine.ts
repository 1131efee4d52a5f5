/** What the tests ask of a container engine, whichever it is. */
export interface Engine {
  /** Pulls `reference` over plain HTTP. */
  pull(reference: string): Promise<Pulled>;

  /** Starts a container from an image that was pulled; it answers on `port` soon after. */
  run(reference: string, options: RunImageOptions): Promise<Container>;
}

export interface Pulled {
  /** Of the manifest, as the engine has recorded it. */
  readonly digest: string;
  /** What the engine had to say. */
  readonly output: string;
}

export interface RunImageOptions {
  /** Of 127.0.0.1. */
  readonly port: number;
  /** A read-only root file system, no capabilities, no way to gain privileges, a user that is not root. */
  readonly isHardened?: boolean | undefined;
}

export interface Container {
  /** Of the container's first process, as it is counted outside of the container. */
  readonly pid: number;
  /** What it has printed so far. */
  readOutput(): Promise<string>;
  /** Stops it as a user would. The exit code of its first process. */
  stop(): Promise<number>;
}

/** Arguments for the quine in a container that shares the network of the machine, where 8080 may be taken. */
export function serveOn(port: number): readonly string[] {
  return ['serve', '--host', '127.0.0.1', '--port', String(port)];
}
