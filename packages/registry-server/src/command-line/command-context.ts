import type { Environment } from '../config/given-settings.js';
import type { Output } from '../log/output.js';
import type { startServer } from '../node-server.js';
import type { buildQuine } from '../quine/build-quine.js';
import type { buildQuineApart } from '../quine/quine-process.js';
import type { SignalSource } from './stop-signals.js';

/** All that the commands have of the world. `main.ts` gives them the real one. */
export interface CommandContext {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Environment;
  readonly signals: SignalSource;
  /** Path of the bundle that runs: the image is made of it. */
  readonly application: string;
  readonly buildQuine: typeof buildQuine;
  /** The same, in a process of its own. */
  readonly buildQuineApart: typeof buildQuineApart;
  readonly startServer: typeof startServer;
}
