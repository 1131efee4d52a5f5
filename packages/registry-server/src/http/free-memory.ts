/**
 * Memory that is given back soon. Bytes from a connection come in new memory, 64 KB at a time, of which the garbage collection
 * lets some forty megabytes gather.
 */
const { port1: nowhere, port2 } = new MessageChannel();
port2.close();
nowhere.close();

/** Letting go of one takes some microseconds, of many not much more. */
const BATCH = 32;

let batch: ArrayBuffer[] = [];

/**
 * Empties an array that nobody needs any more, now or a little later. One that shares its memory, as small buffers of Node.js
 * do, is left alone.
 */
export function freeMemory({ buffer, byteLength }: Uint8Array): void {
  if (!(buffer instanceof ArrayBuffer) || buffer.byteLength !== byteLength) return;
  batch.push(buffer);
  if (batch.length < BATCH) return;
  const gone = batch;
  batch = [];
  // What is transferred leaves, and a port that is closed lets go of it. ArrayBuffer.prototype.transfer, which does the same
  // for one, is not in Node.js 20.
  nowhere.postMessage(undefined, gone);
}
