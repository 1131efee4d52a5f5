import { describe, expect, it } from 'vitest';
import { type ContainerOptions, createContainerConfig } from './container-config.js';

describe('createContainerConfig', () => {
  it('writes every field under the name that the specification has for it', () => {
    expect(
      createContainerConfig({
        user: '65532:65532',
        exposedPorts: [8080, '53/udp', '80'],
        env: { PATH: '/bin', EMPTY: '', URL: 'a=b' },
        entrypoint: ['/bin/app'],
        cmd: ['serve'],
        volumes: ['/data'],
        workingDir: '/srv',
        labels: { b: '2', a: '1' },
        stopSignal: 'SIGRTMIN+3',
        healthcheck: {
          test: ['CMD', '/bin/app', 'check'],
          intervalMs: 1500,
          timeoutMs: 1000,
          startPeriodMs: 0,
          startIntervalMs: 5,
          retries: 3,
        },
        shell: ['/bin/sh', '-c'],
        onBuild: ['RUN true'],
        argsEscaped: true,
        stopTimeoutSeconds: 30,
        memoryBytes: 1 << 20,
        memorySwapBytes: -1,
        cpuShares: 512,
      }),
    ).toEqual({
      User: '65532:65532',
      ExposedPorts: { '53/udp': {}, '80/tcp': {}, '8080/tcp': {} },
      Env: ['PATH=/bin', 'EMPTY=', 'URL=a=b'],
      Entrypoint: ['/bin/app'],
      Cmd: ['serve'],
      Volumes: { '/data': {} },
      WorkingDir: '/srv',
      Labels: { a: '1', b: '2' },
      StopSignal: 'SIGRTMIN+3',
      // Go counts durations in nanoseconds.
      Healthcheck: {
        Test: ['CMD', '/bin/app', 'check'],
        Interval: 1.5e9,
        Timeout: 1e9,
        StartPeriod: 0,
        StartInterval: 5e6,
        Retries: 3,
      },
      Shell: ['/bin/sh', '-c'],
      OnBuild: ['RUN true'],
      ArgsEscaped: true,
      StopTimeout: 30,
      Memory: 1_048_576,
      MemorySwap: -1,
      CpuShares: 512,
    });
  });

  it('writes nothing for what is not set, and an empty list for one that is', () => {
    expect(createContainerConfig({})).toEqual({});
    expect(createContainerConfig({ entrypoint: [], cmd: undefined })).toEqual({ Entrypoint: [] });
  });

  it('writes sets and labels in one order, whatever order they are given in', () => {
    const { Labels } = createContainerConfig({ labels: { é: '', z: '', B: '', a: '', '10': '', '9': '' } });
    // By bytes, but for keys that are integers: JavaScript puts those first, in the order of their numbers.
    expect(Object.keys(Labels ?? {})).toEqual(['9', '10', 'B', 'a', 'z', 'é']);
  });

  it('writes times in whole nanoseconds, whatever fractions milliseconds leave', () => {
    const { Healthcheck } = createContainerConfig({ healthcheck: { test: ['NONE'], intervalMs: 1.005, timeoutMs: 0 } });
    expect(Healthcheck).toEqual({ Test: ['NONE'], Interval: 1_005_000, Timeout: 0 });
  });

  it.each<[string, ContainerOptions]>([
    ['user', { user: 'a:b:c' }],
    ['exposedPorts', { exposedPorts: [0] }],
    ['exposedPorts', { exposedPorts: [65_536] }],
    ['exposedPorts', { exposedPorts: ['80/http'] }],
    ['exposedPorts', { exposedPorts: [80.5] }],
    ['env', { env: { 'A=B': 'c' } }],
    ['env', { env: { '': 'c' } }],
    ['env', { env: { A: 'b\0c' } }],
    ['volumes', { volumes: ['data'] }],
    ['workingDir', { workingDir: './srv' }],
    ['stopSignal', { stopSignal: 'TERM' }],
    ['stopTimeoutSeconds', { stopTimeoutSeconds: 1.5 }],
    ['memorySwapBytes', { memorySwapBytes: -2 }],
    ['healthcheck.test', { healthcheck: { test: ['curl', 'localhost'] } }],
    ['healthcheck.intervalMs', { healthcheck: { test: ['NONE'], intervalMs: -1 } }],
    ['healthcheck.timeoutMs', { healthcheck: { test: ['NONE'], timeoutMs: Number.NaN } }],
    ['healthcheck.startPeriodMs', { healthcheck: { test: ['NONE'], startPeriodMs: 0.5 } }],
    ['healthcheck.startIntervalMs', { healthcheck: { test: ['NONE'], startIntervalMs: 1e17 } }],
    ['healthcheck.retries', { healthcheck: { test: ['NONE'], retries: 1.5 } }],
    ['entrypoint', { entrypoint: ['/bin/sh', 'a\0b'] }],
    // What the types refuse, and plain JavaScript lets through.
    ['cmd', JSON.parse('{"cmd": "node server.js"}')],
    ['env', JSON.parse('{"env": {"PORT": 8080}}')],
    ['healthcheck.test', JSON.parse('{"healthcheck": {"test": "CMD-SHELL true"}}')],
  ])('refuses a bad value, and names the field %s', (field, options) => {
    expect(() => createContainerConfig(options)).toThrow(
      expect.objectContaining({ code: 'IMAGE_INVALID', message: expect.stringContaining(`${field}: `) }),
    );
  });
});
