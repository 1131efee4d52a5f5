import { EventEmitter } from 'node:events';
import { describe, expect, it } from 'vitest';
import { receiveStopSignals, signalExitStatus } from './stop-signals.js';

describe('receiveStopSignals', () => {
  it('tells the first signal from the second, and ignores the third', async () => {
    const source = new EventEmitter();
    const stop = receiveStopSignals(source);
    source.emit('SIGTERM');
    source.emit('SIGINT');
    source.emit('SIGINT');
    expect(await stop.asked).toBe('SIGTERM');
    expect(await stop.insisted).toBe('SIGINT');
  });

  it('leaves no listener behind', () => {
    const source = new EventEmitter();
    const stop = receiveStopSignals(source);
    expect(source.eventNames()).toEqual(['SIGTERM', 'SIGINT']);
    stop.dispose();
    expect(source.eventNames()).toEqual([]);
  });
});

describe('signalExitStatus', () => {
  it('is what a shell reports of a process that the signal ended', () => {
    expect([signalExitStatus('SIGINT'), signalExitStatus('SIGTERM')]).toEqual([130, 143]);
  });
});
