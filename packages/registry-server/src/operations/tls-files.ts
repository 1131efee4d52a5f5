/** The certificate of a server, in files that may be renewed while it runs. */
import { createPrivateKey, type KeyObject, X509Certificate } from 'node:crypto';
import { unwatchFile, watchFile } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { OciError } from '@quinistry/oci-image';
import type { TlsCredentials } from '../node-server.js';

/** How often files are looked at. Certificates are renewed weeks before they expire. */
const LOOK_MS = 60_000;

export interface TlsFiles {
  /** Paths. */
  readonly certificate: string;
  readonly key: string;
}

export interface CheckedTls extends TlsCredentials {
  readonly expires: Date;
}

/**
 * Reads both files and finds out whether they belong together: a server that starts with a certificate that it cannot
 * use would answer every client with an alert that says nothing.
 *
 * @throws {OciError} `FILE_UNREADABLE`, which names the file and what is wrong with it.
 */
export async function readTlsFiles(files: TlsFiles): Promise<CheckedTls> {
  const [certificate, key] = await Promise.all([readPem(files.certificate), readPem(files.key)]);
  const leaf = parse(files.certificate, 'no certificate in PEM form', () => new X509Certificate(certificate));
  const privateKey = parse(files.key, 'no private key in PEM form without a passphrase', () => createPrivateKey(key));
  demandPair(leaf, privateKey, files);
  return { certificate, key, expires: new Date(leaf.validTo) };
}

/**
 * Calls `onChange` with the new content whenever one of the files has changed and both are good. They are looked at once a
 * minute: a directory watch would miss what Kubernetes does, which swaps a link further up the path.
 *
 * @param options - `onError` is told of files that are no good; what was there before stays in use.
 * @returns how to stop.
 */
export function watchTlsFiles(
  files: TlsFiles,
  options: {
    readonly onChange: (credentials: CheckedTls) => void;
    readonly onError: (error: unknown) => void;
    readonly intervalMs?: number | undefined;
  },
): () => void {
  const { onChange, onError, intervalMs = LOOK_MS } = options;
  const look = () => void readTlsFiles(files).then(onChange, onError);
  const paths = [files.certificate, files.key];
  for (const path of paths) watchFile(path, { persistent: false, interval: intervalMs }, look);
  return () => {
    for (const path of paths) unwatchFile(path, look);
  };
}

function demandPair(leaf: X509Certificate, key: KeyObject, files: TlsFiles): void {
  if (leaf.checkPrivateKey(key)) return;
  throw unusable(files.key, `it is not the key of the first certificate in ${files.certificate}`);
}

async function readPem(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw unusable(path, (error as NodeJS.ErrnoException).code ?? String(error), error);
  }
}

function parse<T>(path: string, problem: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw unusable(path, `there is ${problem} in it`, error);
  }
}

function unusable(path: string, problem: string, cause?: unknown): OciError {
  return new OciError('FILE_UNREADABLE', `${path} cannot be used for TLS: ${problem}`, { cause });
}
