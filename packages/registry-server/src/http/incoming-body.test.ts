import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { IncomingBody } from './incoming-body.js';

type Handler = (incoming: IncomingMessage, outgoing: ServerResponse) => Promise<void>;

/** Node's own server, for what it does with a body is what has to be got right. */
async function serve(handle: Handler): Promise<number> {
  const server = createServer((incoming, outgoing) => void handle(incoming, outgoing)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return (server.address() as AddressInfo).port;
}

const put = (length: number) => `PUT / HTTP/1.1\r\nHost: a.test\r\nContent-Length: ${length}\r\n\r\n`;

async function fillOnce(body: IncomingBody, room: number): Promise<string> {
  const memory = Buffer.alloc(room);
  return memory.toString('latin1', 0, await body.fill(memory));
}

describe('IncomingBody', () => {
  it('fills memory of any size with what comes, in its order', async () => {
    const sent = Buffer.alloc(3_000_017);
    for (let index = 0; index < sent.length; index++) sent[index] = index % 251;
    const port = await serve(async (incoming, outgoing) => {
      const body = new IncomingBody(incoming);
      const pieces: Buffer[] = [];
      for (let room = 1; ; room = (room * 7 + 3) % 700_001) {
        const memory = Buffer.alloc(room);
        const bytes = await body.fill(memory);
        if (bytes === 0) break;
        pieces.push(memory.subarray(0, bytes));
      }
      outgoing.end(String(Buffer.concat(pieces).equals(sent)));
    });
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'PUT', body: sent });
    expect(await answer.text()).toBe('true');
  });

  it('does not read on while nobody has room', async () => {
    let waiting = 0;
    const port = await serve(async (incoming, outgoing) => {
      const body = new IncomingBody(incoming);
      await fillOnce(body, 1000);
      await new Promise((resolve) => setTimeout(resolve, 50));
      waiting = incoming.readableLength;
      while ((await fillOnce(body, 1_000_000)) !== '');
      outgoing.end('all of it');
    });
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'PUT', body: new Uint8Array(50_000_000) });
    expect(await answer.text()).toBe('all of it');
    expect(waiting).toBeLessThan(1_000_000);
  });

  it('hands over what came before the client went, and then fails', async () => {
    const outcome = new Promise((resolve) => {
      void serve(async (incoming) => {
        const body = new IncomingBody(incoming);
        const first = await fillOnce(body, 4);
        const second = await fillOnce(body, 100);
        const failure = await fillOnce(body, 100).catch((error: Error) => error.message);
        resolve([first, second, failure]);
      }).then((port) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(`${put(1000)}some bytes`, () => socket.end()));
      });
    });
    expect(await outcome).toEqual(['some', ' bytes', 'aborted']);
  });

  it('fails where the client had gone before it was read', async () => {
    const outcome = new Promise((resolve) => {
      void serve(async (incoming) => {
        await new Promise((closed) => incoming.once('close', closed));
        resolve(await fillOnce(new IncomingBody(incoming), 100).catch((error: Error) => error.message));
      }).then((port) => {
        const socket = connect(port, '127.0.0.1', () => socket.write(put(1000), () => socket.end()));
      });
    });
    expect(await outcome).toBe('the connection broke off');
  });

  it('gives nothing where there is nothing, or where it was read to its end before', async () => {
    const port = await serve(async (incoming, outgoing) => {
      const body = new IncomingBody(incoming);
      const read = [await fillOnce(body, 10), await fillOnce(body, 10)];
      outgoing.end(JSON.stringify([...read, await fillOnce(new IncomingBody(incoming), 10)]));
    });
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'POST' });
    expect(await answer.json()).toEqual(['', '', '']);
  });

  it('leaves the connection whole, for an answer and for letting the rest run off', async () => {
    const port = await serve(async (incoming, outgoing) => {
      const body = new IncomingBody(incoming);
      await fillOnce(body, 10);
      body.leave();
      incoming.resume();
      await once(incoming, 'end');
      outgoing.end('no more, thank you');
    });
    const answer = await fetch(`http://127.0.0.1:${port}`, { method: 'PUT', body: new Uint8Array(5_000_000) });
    expect(await answer.text()).toBe('no more, thank you');
  });
});
