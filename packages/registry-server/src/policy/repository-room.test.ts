import { digestOf } from '@quinistry/oci-image';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { createMemoryStore } from '../storage/memory/memory-store.js';
import type { RegistryStore } from '../storage/registry-store.js';
import { blobOf, chunksOf, noteOf, startUpload } from '../storage/testing/sample-content.js';
import { repositoryBytes } from '../testing/repository-bytes.js';
import { GuardedStore } from './guarded-store.js';
import { createPolicy } from './registry-policy.js';
import { LIST_AGAIN_MS, RepositoryRoom } from './repository-room.js';

const REPOSITORY = 'team/app';
const limits = { maxRepositoryBytes: 100 };

const SLOW_METHODS: ReadonlySet<unknown> = new Set<keyof RegistryStore>([
  'statUpload',
  'listUploads',
  'finishUpload',
  'cancelUpload',
  'deleteBlob',
  'writeManifest',
  'measureRepository',
]);

/** `store`, before and after whose answers anything else may happen. */
function slowedDown(store: RegistryStore, pause: () => Promise<void>): RegistryStore {
  return new Proxy(store, {
    get(target, name) {
      const method: unknown = Reflect.get(target, name);
      if (typeof method !== 'function') return method;
      if (!SLOW_METHODS.has(name)) return method.bind(target);
      return async (...args: unknown[]) => {
        await pause();
        try {
          return await method.apply(target, args);
        } finally {
          await pause();
        }
      };
    },
  });
}

describe('RepositoryRoom', () => {
  it('finds out what has expired before it refuses, though not at each time', async () => {
    const clock = { now: 0 };
    let age = 0;
    const store = createMemoryStore({ now: () => age });
    const list = vi.spyOn(store, 'listUploads');
    const room = new RepositoryRoom(store, 100, () => clock.now);
    const key = async () => ({ repository: REPOSITORY, session: (await store.createUpload(REPOSITORY)).session });
    const fill = async ({ repository, session }: { repository: string; session: string }, bytes: number) =>
      room.fill({ repository, session }, chunksOf(blobOf(bytes).bytes), 0, (source) =>
        store.appendUpload(repository, session, source),
      );
    await fill(await key(), 60);
    age = 1000;
    const other = await key();
    for await (const _ of store.collectGarbage({ graceMs: 500 }));
    for (let n = 0; n < 5; n++) await expect(fill(other, 60)).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
    expect(list).toHaveBeenCalledTimes(1);
    clock.now = LIST_AGAIN_MS;
    await expect(fill(other, 60)).resolves.toMatchObject({ size: 60 });
    expect(list).toHaveBeenCalledTimes(2);
  });

  it('does not believe a size that was measured before something was sealed', async () => {
    const store = createMemoryStore();
    const room = new RepositoryRoom(store, 100);
    const blob = blobOf(60);
    const key = (session: string) => ({ repository: REPOSITORY, session });
    const fill = (session: string) =>
      room.fill(key(session), chunksOf(blob.bytes), 0, (source) => store.appendUpload(REPOSITORY, session, source));
    const { session: first } = await store.createUpload(REPOSITORY);
    const { session: second } = await store.createUpload(REPOSITORY);
    await fill(first);
    let tell = (_size: number) => {};
    const measured = new Promise<number>((resolve) => (tell = resolve));
    vi.spyOn(store, 'measureRepository').mockReturnValueOnce(measured);
    const filling = fill(second);
    await room.seal(
      key(first),
      async () => false,
      () => store.finishUpload(REPOSITORY, first, blob.digest),
    );
    tell(0);
    await expect(filling).rejects.toMatchObject({ code: 'QUOTA_EXCEEDED' });
  });

  it('never lets in more than there may be, and all of that, whatever happens at once', async () => {
    const end = fc.constantFrom('seal', 'mistake', 'cancel', 'cut', 'leave', 'delete');
    const upload = fc.record({
      chunks: fc.array(fc.integer({ min: 1, max: 30 }), { minLength: 1, maxLength: 6 }),
      survived: fc.integer({ min: 0, max: 20 }),
      end,
    });
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), fc.array(upload, { minLength: 2, maxLength: 8 }), async (scheduler, uploads) => {
        const store = createMemoryStore();
        const pause = () => scheduler.schedule(Promise.resolve());
        const guarded = new GuardedStore(slowedDown(store, pause), createPolicy({ limits }));
        const check = async () => expect(await repositoryBytes(store, REPOSITORY)).toBeLessThanOrEqual(100);
        const uploader = { owner: undefined, client: 'somebody' };
        /** Distinct, so that each blob takes room of its own. */
        let next = 0;

        async function push({ chunks, survived, end }: (typeof uploads)[number], session: string): Promise<void> {
          const key = { repository: REPOSITORY, session, ...uploader };
          const parts: Uint8Array[] = [blobOf('').bytes];
          async function* source() {
            for (const bytes of chunks) {
              await pause();
              const part = new Uint8Array(bytes).fill(next++);
              parts.push(part);
              yield part;
              await check();
            }
          }
          const cut = end === 'cut' ? pause().then(() => guarded.cancelUpload(key)) : undefined;
          await guarded.appendUpload(key, source());
          await cut;
          await pause();
          const kept = Buffer.concat([blobOf(survived).bytes, ...parts]);
          if (end === 'cancel') await guarded.cancelUpload(key);
          if (end === 'mistake') await guarded.finishUpload(key, blobOf('other').digest);
          if (end === 'seal' || end === 'delete') await guarded.finishUpload(key, digestOf(kept));
          if (end === 'delete') await guarded.deleteBlob(REPOSITORY, digestOf(kept));
          await check();
        }

        const sessions: string[] = [];
        let rest = 100;
        for (const each of uploads) {
          const survived = Math.min(each.survived, rest);
          rest -= survived;
          sessions.push(await startUpload(store, REPOSITORY, blobOf(survived).bytes));
        }
        const pushing = uploads.map((each, index) => push(each, sessions[index] ?? '').catch(() => {}));
        const note = guarded.writeManifest(REPOSITORY, noteOf('a note'), []).catch(() => {});
        await scheduler.waitFor(Promise.all([...pushing, note]));
        await check();
        const room = 100 - (await repositoryBytes(store, REPOSITORY));
        const { session } = await store.createUpload(REPOSITORY);
        const key = { repository: REPOSITORY, session, ...uploader };
        const appended = scheduler.waitFor(guarded.appendUpload(key, chunksOf(blobOf(room).bytes)));
        await expect(appended).resolves.toMatchObject({ size: room });
      }),
    );
  });
});
