/**
 * Lets tasks of the same name run one after the other. What is judged and then written has to stay as it was judged in
 * between, and two pushes of one immutable tag must not both find it free.
 */
export class TurnTaking {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Runs `task` once those before it have ended, however they did. */
  async take<T>(name: string, task: () => Promise<T>): Promise<T> {
    const turn = (this.#last.get(name) ?? Promise.resolve()).then(task, task);
    this.#last.set(name, turn);
    try {
      return await turn;
    } finally {
      if (this.#last.get(name) === turn) this.#last.delete(name);
    }
  }
}
