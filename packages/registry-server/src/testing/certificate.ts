/**
 * Certificates for tests, made on the spot: one in a file would expire, and its key would look like a leaked one.
 * Source: RFC 5280; the encoding is DER, X.690.
 */
import { generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import type { TlsCredentials } from '../node-server.js';

const SEQUENCE = 0x30;
const OID = {
  ecdsaWithSha256: '2a8648ce3d040302',
  commonName: '550403',
  subjectAltName: '551d11',
  basicConstraints: '551d13',
};

/** A certificate for `localhost` and 127.0.0.1 that vouches for itself. */
export function createCertificate(options: { readonly name?: string; readonly expires?: Date } = {}): TlsCredentials {
  const { name = 'localhost', expires = new Date('2049-01-01T00:00:00Z') } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const algorithm = der(SEQUENCE, oid(OID.ecdsaWithSha256));
  const subject = der(SEQUENCE, der(0x31, der(SEQUENCE, oid(OID.commonName), der(0x0c, Buffer.from(name)))));
  const signed = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.of(2))),
    der(0x02, Buffer.concat([Buffer.of(1), randomBytes(8)])),
    algorithm,
    subject,
    der(SEQUENCE, utcTime(new Date('2020-01-01T00:00:00Z')), utcTime(expires)),
    subject,
    publicKey.export({ format: 'der', type: 'spki' }),
    der(
      0xa3,
      der(SEQUENCE, extension(OID.subjectAltName, alternativeNames()), extension(OID.basicConstraints, authority())),
    ),
  );
  const certificate = der(SEQUENCE, signed, algorithm, der(0x03, Buffer.of(0), sign('sha256', signed, privateKey)));
  return { certificate: formatPem('CERTIFICATE', certificate), key: formatKey(privateKey) };
}

function formatKey(key: KeyObject): string {
  return key.export({ format: 'pem', type: 'pkcs8' }).toString();
}

function formatPem(label: string, bytes: Buffer): string {
  const lines = bytes.toString('base64').replace(/.{64}/g, '$&\n').trimEnd();
  return `-----BEGIN ${label}-----\n${lines}\n-----END ${label}-----\n`;
}

function der(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const header = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...header), content]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function utcTime(date: Date): Buffer {
  return der(0x17, Buffer.from(`${date.toISOString().slice(2, 19).replace(/\D/g, '')}Z`));
}

function extension(name: string, value: Buffer): Buffer {
  return der(SEQUENCE, oid(name), der(0x04, value));
}

function alternativeNames(): Buffer {
  return der(SEQUENCE, der(0x82, Buffer.from('localhost')), der(0x87, Buffer.of(127, 0, 0, 1)));
}

function authority(): Buffer {
  return der(SEQUENCE, der(0x01, Buffer.of(0xff)));
}
