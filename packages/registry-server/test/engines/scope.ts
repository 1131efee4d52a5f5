/**
 * What a test has started, ended in reverse order. A step that fails does not keep the others from running:
 * a container engine that is left behind holds mounts, ports and a bridge of the machine.
 */
export class Scope {
  readonly #steps: Array<() => unknown> = [];

  /** `step` runs when the scope ends, before everything that was deferred earlier. */
  defer(step: () => unknown): void {
    this.#steps.push(step);
  }

  /**
   * Runs every step once, the last one first.
   *
   * @throws {AggregateError} of all failures, after the last step.
   */
  async end(): Promise<void> {
    const failures: unknown[] = [];
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step();
      } catch (failure) {
        failures.push(failure);
      }
    }
    if (failures.length > 0) throw new AggregateError(failures, `could not clean up: ${failures.join('; ')}`);
  }
}
