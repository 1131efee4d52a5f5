import { describe, expect, it } from 'vitest';
import { imageConfigSchema } from './image-config.js';

const diffId = `sha256:${'0'.repeat(64)}`;
const minimal = { architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [diffId] } };

describe('imageConfigSchema', () => {
  it('reads everything that the specification defines', () => {
    const value = {
      created: '2015-10-31T22:22:56.015925234Z',
      author: 'Ada <ada@example.com>',
      architecture: 'arm',
      os: 'linux',
      'os.version': '1',
      'os.features': ['a'],
      variant: 'v7',
      config: {
        User: '65532:65532',
        ExposedPorts: { '8080/tcp': {}, '53/udp': {} },
        Env: ['PATH=/bin', 'EMPTY='],
        Entrypoint: ['/bin/app'],
        Cmd: [],
        Volumes: { '/data': {}, '/Data': {} },
        WorkingDir: '/',
        Labels: { version: '1', Version: '2', mediaType: 'x' },
        StopSignal: 'SIGRTMIN+3',
        ArgsEscaped: true,
        Memory: 2 ** 62,
        MemorySwap: -1,
        CpuShares: 2,
        Healthcheck: {
          Test: ['CMD-SHELL', 'true'],
          Interval: 30_000_000_000,
          Timeout: 1,
          StartPeriod: 0,
          StartInterval: 5,
          Retries: 3,
        },
        OnBuild: ['RUN true'],
        Shell: ['/bin/sh', '-c'],
        StopTimeout: 10,
        Hostname: '8dfe43d80430',
      },
      rootfs: { type: 'layers', diff_ids: [diffId, `sha512:${'f'.repeat(128)}`] },
      history: [
        { created: '2015-10-31T22:22:54+02:00', author: 'Ada', created_by: 'COPY', comment: 'c' },
        { empty_layer: true, 'x-vendor': 1 },
      ],
      docker_version: '27.0.0',
    };
    expect(imageConfigSchema.parse(value)).toEqual(value);
  });

  it('reads null as left out, as Docker writes empty maps and slices', () => {
    const nulls = {
      ...minimal,
      created: null,
      history: null,
      config: {
        Cmd: null,
        Entrypoint: null,
        Env: null,
        ExposedPorts: null,
        Volumes: null,
        Labels: null,
        OnBuild: null,
      },
    };
    expect(JSON.parse(JSON.stringify(imageConfigSchema.parse(nulls)))).toEqual({ ...minimal, config: {} });
    expect(JSON.parse(JSON.stringify(imageConfigSchema.parse({ ...minimal, config: null })))).toEqual(minimal);
  });

  it('reads null in a set of ports or volumes as the empty struct', () => {
    const { config } = imageConfigSchema.parse({ ...minimal, config: { Volumes: { '/data': null } } });
    expect(config?.Volumes).toEqual({ '/data': {} });
  });

  it.each([{ type: 'layers' }, { type: 'layers', diff_ids: null }])(
    'reads %j, of an image without layers',
    (rootfs) => {
      expect(imageConfigSchema.parse({ ...minimal, rootfs }).rootfs.diff_ids).toEqual([]);
    },
  );

  it('reads the year 1, which Docker writes for a time that it does not know', () => {
    const created = '0001-01-01T00:00:00Z';
    expect(imageConfigSchema.parse({ ...minimal, created }).created).toBe(created);
  });

  it('reads a history that does not fit the layers, because real images have one', () => {
    expect(imageConfigSchema.parse({ ...minimal, history: [] }).history).toEqual([]);
  });

  it.each([
    ['architecture', undefined],
    ['os', undefined],
    ['rootfs', undefined],
    ['rootfs', { type: 'other', diff_ids: [] }],
    ['rootfs', { type: 'layers', diff_ids: ['sha256:0'] }],
    ['created', 'yesterday'],
    ['created', '2015-10-31'],
    ['created', 1446330176],
    ['history', [{ empty_layer: 'yes' }]],
    ['config', { Env: 'PATH=/bin' }],
    ['config', { Labels: { a: 1 } }],
    ['config', { ExposedPorts: ['80'] }],
    ['config', { ExposedPorts: { 80: 'tcp' } }],
    ['config', { cmd: ['/bin/sh'] }],
  ])('refuses %s: %j', (field, value) => {
    const result = imageConfigSchema.safeParse({ ...minimal, [field]: value });
    expect(result.error?.issues[0]?.path[0]).toBe(field);
  });
});
