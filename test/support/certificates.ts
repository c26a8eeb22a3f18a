import { createHash, createPublicKey, generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

/** In PEM. */
export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface Wanted {
  readonly name: string;
  /** Made by `dnsName` and `ipName`. @default none */
  readonly names?: readonly Buffer[];
  /** A certificate only for clients, not for servers. @default false */
  readonly isClient?: boolean;
  /** `20000101000000Z`. @default 2020 */
  readonly from?: string;
  /** @default the end of 2098 */
  readonly to?: string;
}

/** Signs for tests. */
export interface Authority {
  /** Its own certificate, in PEM. */
  readonly cert: string;
  readonly issue: (wanted: Wanted) => Certificate;
}

interface Issuer {
  readonly name: string;
  readonly key: KeyObject;
}

const EXTENSION = {
  subjectKey: '551d0e',
  keyUsage: '551d0f',
  alternativeNames: '551d11',
  basicConstraints: '551d13',
  authorityKey: '551d23',
  extendedKeyUsage: '551d25',
} as const;
const CLIENT_AUTH = '2b06010505070302';

/**
 * Makes an authority of the test's own: X.509 v3 (RFC 5280), ECDSA on P-256. By hand, as Node.js can check certificates but
 * not sign them, and not every machine has an openssl.
 */
export function makeAuthority(name: string): Authority {
  const { publicKey, privateKey } = pair();
  const root: Issuer = { name, key: privateKey };
  return {
    cert: pem(certificate({ name }, authorityExtensions(), publicKey, root)),
    issue: (wanted) => issued(wanted, root),
  };
}

/** Self-signed. */
export function makeSelfSigned(wanted: Wanted): Certificate {
  return issued(wanted);
}

export function dnsName(name: string): Buffer {
  return der(0x82, Buffer.from(name));
}

/** @param bytes 4 or 16 */
export function ipName(bytes: readonly number[]): Buffer {
  return der(0x87, Buffer.from(bytes));
}

/** @param by the signer; by default itself */
function issued(wanted: Wanted, by?: Issuer): Certificate {
  const { publicKey, privateKey } = pair();
  const issuer = by ?? { name: wanted.name, key: privateKey };
  const cert = certificate(wanted, leafExtensions(wanted), publicKey, issuer);
  return { key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), cert: pem(cert) };
}

function pair() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** Section 4.1. */
function certificate(
  { name, from = '20200101000000Z', to = '20990101000000Z' }: Wanted,
  extensions: readonly Buffer[],
  publicKey: KeyObject,
  by: Issuer,
): Buffer {
  const algorithm = sequence(oid('2a8648ce3d040302')); // ecdsa-with-SHA256
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.of(2))), // v3
    der(0x02, Buffer.of(1), randomBytes(8)), // the serial number
    algorithm,
    distinguished(by.name),
    sequence(time(from), time(to)),
    distinguished(name),
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(...keyExtensions(publicKey, createPublicKey(by.key)), ...extensions)),
  );
  return sequence(signed, algorithm, bits(0, sign('sha256', signed, by.key)));
}

/** Sections 4.2.1.2 and 4.2.1.1: how a chain is found. */
function keyExtensions(subject: KeyObject, issuer: KeyObject): readonly Buffer[] {
  return [
    extension(EXTENSION.subjectKey, der(0x04, keyName(subject))),
    extension(EXTENSION.authorityKey, sequence(der(0x80, keyName(issuer)))),
  ];
}

/** Any identifier will do, if it is the same for the same key. */
function keyName(key: KeyObject): Buffer {
  return createHash('sha256')
    .update(key.export({ format: 'der', type: 'spki' }))
    .digest()
    .subarray(0, 20);
}

/** Sections 4.2.1.9 and 4.2.1.3. */
function authorityExtensions(): readonly Buffer[] {
  const isAuthority = der(0x01, Buffer.of(0xff));
  const keyCertSign = Buffer.of(0b100);
  return [
    critical(EXTENSION.basicConstraints, sequence(isAuthority)),
    critical(EXTENSION.keyUsage, bits(2, keyCertSign)),
  ];
}

/** Sections 4.2.1.6 and 4.2.1.12. */
function leafExtensions({ names = [], isClient = false }: Wanted): readonly Buffer[] {
  return [
    ...(names.length === 0 ? [] : [extension(EXTENSION.alternativeNames, sequence(...names))]),
    ...(isClient ? [extension(EXTENSION.extendedKeyUsage, sequence(oid(CLIENT_AUTH)))] : []),
  ];
}

function extension(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(0x04, value));
}

function critical(id: string, value: Buffer): Buffer {
  return sequence(oid(id), der(0x01, Buffer.of(0xff)), der(0x04, value));
}

function distinguished(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
}

/** Up to 2049 with two digits of the year, then with four (section 4.1.2.5). */
function time(text: string): Buffer {
  return text < '2050' ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}

/** @param unused bits at the end of the last byte */
function bits(unused: number, bytes: Buffer): Buffer {
  return der(0x03, Buffer.of(unused), bytes);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

/** For content of less than 64 KiB. */
function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.of(tag, ...size), content]);
}

function pem(bytes: Buffer): string {
  const lines = bytes.toString('base64').replaceAll(/.{64}(?=.)/g, '$&\n');
  return `-----BEGIN CERTIFICATE-----\n${lines}\n-----END CERTIFICATE-----\n`;
}
