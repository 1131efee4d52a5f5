import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/**
 * A client may send requests without waiting for answers. An answer whose turn has not come has no connection yet, and so Node.js
 * 20 and 22 do not tell it when that closes: what it holds, such as the file of a blob, would be held for ever.
 */
export class QueuedAnswers {
  readonly #answers = new WeakMap<Socket, Set<ServerResponse>>();

  /** Sees to it that `outgoing`, an answer to what came over `socket`, hears of the end of that. */
  add(socket: Socket, outgoing: ServerResponse): void {
    const answers = this.#answers.get(socket) ?? this.#watch(socket);
    answers.add(outgoing);
    outgoing.once('close', () => answers.delete(outgoing));
  }

  #watch(socket: Socket): Set<ServerResponse> {
    const answers = new Set<ServerResponse>();
    this.#answers.set(socket, answers);
    socket.once('close', () => {
      for (const outgoing of answers) {
        if (outgoing.socket !== null) continue; // Node sees to the one whose turn it is
        outgoing.destroy();
        outgoing.emit('close');
      }
    });
    return answers;
  }
}
