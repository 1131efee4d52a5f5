const STOP_SIGNALS = ['SIGTERM', 'SIGINT'] as const;
export type StopSignal = (typeof STOP_SIGNALS)[number];

/** `process`, or something that stands in for it. */
export interface SignalSource {
  on(signal: StopSignal, listener: () => void): unknown;
  off(signal: StopSignal, listener: () => void): unknown;
}

export interface StopRequest {
  /** The first signal: end in good order. */
  readonly asked: Promise<StopSignal>;
  /** The second one: end now. */
  readonly insisted: Promise<StopSignal>;
  /** Leaves the signals to whoever had them before. */
  dispose(): void;
}

/**
 * Listens for the signals that ask a process to end. The first process of a container has to: the kernel delivers it no
 * signal that it does not handle, so that without this the engine would wait and then kill it.
 */
export function receiveStopSignals(source: SignalSource): StopRequest {
  const received: ((signal: StopSignal) => void)[] = [];
  const asked = new Promise<StopSignal>((resolve) => received.push(resolve));
  const insisted = new Promise<StopSignal>((resolve) => received.push(resolve));
  const listeners = STOP_SIGNALS.map((signal) => ({ signal, listener: () => received.shift()?.(signal) }));
  for (const { signal, listener } of listeners) source.on(signal, listener);
  return {
    asked,
    insisted,
    dispose() {
      for (const { signal, listener } of listeners) source.off(signal, listener);
    },
  };
}

/** What a shell reports of a process that a signal ended. */
export function signalExitStatus(signal: StopSignal): number {
  return 128 + { SIGINT: 2, SIGTERM: 15 }[signal];
}
