/**
 * HTTP/1.1 over one kept connection, with next to no cost: where client and server share two cores, each microsecond of
 * the client is one that the server lacks. Requests follow one another; the next waits for the whole answer.
 */
import { once } from 'node:events';
import { connect } from 'node:net';

/** A server that says nothing for so long has failed. */
const SILENCE_MS = 60_000;

/** Answers are counted, not kept, so one buffer does for all of them. */
const RECEIVE_BYTES = 256 * 1024;

/** @typedef {{ status: number, head: string, bytes: number }} Answer bytes: of the body */

export class HttpConnection {
  #socket;
  #head = '';
  #status = 0;
  #bytes = 0;
  #remaining = -1;
  /** @type {{ resolve: (answer: Answer) => void, reject: (error: Error) => void } | undefined} */
  #waiting;

  /** @param {number} port */
  constructor(port) {
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: {
        buffer: Buffer.allocUnsafeSlow(RECEIVE_BYTES),
        callback: (length, buffer) => this.#receive(/** @type {Buffer} */ (buffer).subarray(0, length)),
      },
    });
    this.#socket.setTimeout(SILENCE_MS, () => this.#socket.destroy(new Error('the server is silent')));
    this.#socket.on('error', (error) => this.#waiting?.reject(error));
    this.#socket.on('close', () => this.#waiting?.reject(new Error('the server hung up')));
  }

  /** @param {number} port */
  static async open(port) {
    const connection = new HttpConnection(port);
    await once(connection.#socket, 'connect');
    return connection;
  }

  /**
   * @param {string} head request line and headers, as formatHead makes them
   * @param {Iterable<Uint8Array>} [body] sent no faster than the server takes it
   * @returns {Promise<Answer>}
   */
  async request(head, body) {
    /** @type {Promise<Answer>} */
    const answer = new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
    answer.catch(() => {}); // may fail while the body is still being sent
    this.#socket.write(head, 'latin1');
    if (body !== undefined) {
      for (const piece of body) if (!this.#socket.write(piece)) await once(this.#socket, 'drain');
    }
    return answer;
  }

  close() {
    this.#waiting = undefined;
    this.#socket.destroy();
  }

  /** @param {Buffer} received */
  #receive(received) {
    let bodyBytes = received.length;
    if (this.#remaining === -1) {
      this.#head += received.toString('latin1');
      const end = this.#head.indexOf('\r\n\r\n');
      if (end === -1) return true;
      bodyBytes = this.#head.length - end - 4;
      this.#head = this.#head.slice(0, end + 2);
      this.#status = Number(this.#head.slice(9, 12));
      this.#remaining = this.#status === 204 ? 0 : Number(header(this.#head, 'content-length'));
    }
    this.#bytes += bodyBytes;
    this.#remaining -= bodyBytes;
    if (this.#remaining > 0) return true;
    const answer = { status: this.#status, head: this.#head, bytes: this.#bytes };
    this.#head = '';
    this.#bytes = 0;
    this.#remaining = -1;
    this.#waiting?.resolve(answer);
    return true;
  }
}

/**
 * @param {string} method
 * @param {string} target
 * @param {Readonly<Record<string, string | number>>} [headers]
 */
export function formatHead(method, target, headers = {}) {
  const lines = Object.entries({ Host: 'localhost', Accept: '*/*', ...headers }).map((line) => line.join(': '));
  return `${method} ${target} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n`;
}

/**
 * @param {string} head of an answer
 * @param {string} name in lower case
 */
export function header(head, name) {
  const start = head.toLowerCase().indexOf(`\r\n${name}:`);
  if (start === -1) throw new Error(`an answer without ${name}: ${head}`);
  return head.slice(start + name.length + 3, head.indexOf('\r\n', start + 2)).trim();
}
