import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { command, describeWith, type Judge, root } from '../../../oci-image/test/judges.js';
import { type Account, createAccount, writeHtpasswd } from './accounts.js';
import { BuildahClient } from './clients/buildah-client.js';
import type { Client, StartClient } from './clients/client.js';
import { ContainerdClient } from './clients/containerd-client.js';
import { CraneClient } from './clients/crane-client.js';
import { DockerClient } from './clients/docker-client.js';
import { OrasClient } from './clients/oras-client.js';
import { PodmanClient } from './clients/podman-client.js';
import { SkopeoClient } from './clients/skopeo-client.js';
import { buildSample, writeImageLayout } from './image-layout.js';
import { RegistryProcess } from './registry-process.js';
import { Scope } from './scope.js';
import { temporaryFolder } from './temporary-folder.js';

interface TestedClient {
  readonly name: string;
  readonly judges: readonly Judge[];
  readonly start: StartClient;
  /** Whether it remembers what it has pushed, and asks for that to be mounted elsewhere. */
  readonly mounts?: boolean | undefined;
}

const skopeo = command('skopeo');
const containerd = [root, command('containerd'), command('ctr'), command('runc')];

const CLIENTS: readonly TestedClient[] = [
  {
    name: 'docker',
    judges: [...containerd, command('docker', ['--version']), command('dockerd'), command('ip', ['-V']), skopeo],
    start: (scope) => DockerClient.start(scope),
    mounts: true,
  },
  { name: 'containerd', judges: containerd, start: (scope) => ContainerdClient.start(scope) },
  { name: 'podman', judges: [root, command('podman')], start: (scope) => PodmanClient.start(scope), mounts: true },
  { name: 'buildah', judges: [root, command('buildah')], start: (scope) => BuildahClient.start(scope), mounts: true },
  { name: 'skopeo', judges: [skopeo], start: (scope) => SkopeoClient.start(scope), mounts: true },
  { name: 'crane', judges: [command('crane', ['version'])], start: (scope) => CraneClient.start(scope) },
  { name: 'oras', judges: [command('oras', ['version'])], start: (scope) => OrasClient.start(scope) },
];

/** How clients say that they may not. */
const REFUSED =
  /unauthorized|denied|authorization failed|invalid username\/password|credentials? (not|were not)|no .*credentials/i;

const scope = new Scope();
const accounts = new Map(CLIENTS.map(({ name }) => [name, createAccount(name)]));
/** By their directories. */
const registries = new Map<string, RegistryProcess>();
let open: RegistryProcess;
let closed: RegistryProcess;
let readable: RegistryProcess;

beforeAll(async () => {
  const htpasswd = await writeHtpasswd(scope, [...accounts.values()]);
  open = await startRegistry([]);
  closed = await startRegistry(['--htpasswd', htpasswd]);
  readable = await startRegistry(['--htpasswd', htpasswd, '--anonymous-pull']);
});
afterAll(() => scope.end());

async function startRegistry(options: readonly string[]): Promise<RegistryProcess> {
  const store = join(await temporaryFolder(scope, 'store'), 'store');
  const registry = await RegistryProcess.start(scope, ['--storage', store, ...options]);
  registries.set(store, registry);
  return registry;
}

describe.each(CLIENTS)('$name', ({ name, judges, start, mounts = false }) => {
  describeWith(judges, 'pushing and pulling', () => {
    const clients = new Scope();
    const account = accounts.get(name) ?? createAccount(name);
    const repository = `clients/${name}`;
    let client: Client;
    /** Has nothing that the first one has: no image and no login. */
    let stranger: Client;

    beforeAll(async () => {
      client = await start(clients);
      stranger = await start(clients);
    });
    afterAll(() => clients.end());

    /** Pushes an image that is nowhere yet, and compares what the client says with what the registry has. */
    async function push(by: Client, registry: RegistryProcess, tag: string): Promise<string> {
      const image = await writeImageLayout(clients, await buildSample());
      const digest = await by.push(image, `${registry.host}/${repository}:${tag}`);
      if (registry === open) expect(await registry.resolve(repository, tag)).toBe(digest);
      return digest;
    }

    /** Some clients try a password when they log in, others with the next push. */
    async function pushAs(by: Client, account: Account, registry: RegistryProcess): Promise<string> {
      await by.login(registry.host, account);
      return push(by, registry, 'latest');
    }

    it('gets back under its digest what another one has pushed', async () => {
      const digest = await push(client, open, 'latest');
      expect(await stranger.pull(`${open.host}/${repository}:latest`)).toBe(digest);
      expect(await stranger.pull(`${open.host}/${repository}@${digest}`)).toBe(digest);
    });

    it('pushes to a tag again, and gets what was pushed last', async () => {
      const first = await push(client, open, 'moving');
      const second = await push(client, open, 'moving');
      expect(second).not.toBe(first);
      expect(await stranger.pull(`${open.host}/${repository}:moving`)).toBe(second);
    });

    it('needs a login to push and to pull where nothing is free', async () => {
      const reference = `${closed.host}/${repository}:latest`;
      await expect(push(stranger, closed, 'latest')).rejects.toThrow(REFUSED);
      const digest = await pushAs(client, account, closed);
      await expect(stranger.pull(reference)).rejects.toThrow(REFUSED);
      await stranger.login(closed.host, account);
      expect(await stranger.pull(reference)).toBe(digest);
    });

    it('needs a login to push but none to pull where pulling is free', async () => {
      const reference = `${readable.host}/${repository}:latest`;
      await expect(push(stranger, readable, 'latest')).rejects.toThrow(REFUSED);
      const digest = await pushAs(client, account, readable);
      expect(await stranger.pull(reference)).toBe(digest);
      await stranger.login(readable.host, account);
      expect(await stranger.pull(reference)).toBe(digest);
    });

    it(`pushes the same to another repository, ${mounts ? 'and sends no layer again' : 'in full'}`, async () => {
      const target = `${repository}/again`;
      const image = await writeImageLayout(clients, await buildSample());
      await client.login(readable.host, account);
      const digest = await client.push(image, `${readable.host}/${repository}:shared`);
      expect(await client.push(image, `${readable.host}/${target}:latest`)).toBe(digest);
      expect(await stranger.pull(`${readable.host}/${target}:latest`)).toBe(digest);
      const mounted = new RegExp(`"POST","target":"/v2/${target}/blobs/uploads/[^"]*mount=[^"]*","status":201`);
      expect(mounted.test(readable.process.output)).toBe(mounts);
    });

    // Last, for after some of them the right password has to wait.
    it.each([
      ['nothing', () => closed],
      ['pulling', () => readable],
    ])('is refused with a wrong password where %s is free', async (_free, registry) => {
      await expect(pushAs(client, { ...account, password: 'wrong' }, registry())).rejects.toThrow(REFUSED);
    });
  });
});

describe('the registries that were pushed to', () => {
  it('have written no password into their logs', () => {
    for (const { process } of registries.values()) {
      expect(process.output).toContain('listening');
      for (const { password } of accounts.values()) expect(process.output).not.toContain(password);
    }
  });

  it('have nothing wrong in their directories', async () => {
    for (const [store, registry] of registries) await registry.stopAndVerify(store);
  });
});
