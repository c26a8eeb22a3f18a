import { generateKeyPairSync, randomBytes, sign, type KeyObject } from 'node:crypto';

export interface Certificate {
  readonly key: string;
  readonly cert: string;
}

export interface Certificates {
  /** The authority's own certificate, in PEM. */
  readonly authority: string;
  /** For hook.test, 127.0.0.1 and ::1. */
  readonly good: Certificate;
  /** For hook.test, until the year 2001. */
  readonly expired: Certificate;
  /** For other.test. */
  readonly otherName: Certificate;
  /** For hook.test, by itself. */
  readonly selfSigned: Certificate;
}

interface Wanted {
  readonly name: string;
  readonly names: readonly Buffer[];
  readonly from: string;
  readonly to: string;
}

interface Authority {
  readonly name: string;
  readonly key: KeyObject;
}

const HOOK = [dnsName('hook.test'), ipName([127, 0, 0, 1]), ipName([...Array<number>(15).fill(0), 1])];
const LONG = { from: '20200101000000Z', to: '20990101000000Z' } as const;

/** Makes certificates of an authority of their own: X.509 v3 (RFC 5280), ECDSA on P-256. */
export function makeCertificates(): Certificates {
  const { publicKey, privateKey } = pair();
  const root: Authority = { name: 'test root', key: privateKey };
  const leaf = (wanted: Wanted): Certificate => issued(wanted, root);
  return {
    authority: pem(certificate({ name: root.name, names: [], ...LONG }, publicKey, root)),
    good: leaf({ name: 'hook.test', names: HOOK, ...LONG }),
    expired: leaf({ name: 'hook.test', names: HOOK, from: '20000101000000Z', to: '20010101000000Z' }),
    otherName: leaf({ name: 'other.test', names: [dnsName('other.test')], ...LONG }),
    selfSigned: issued({ name: 'hook.test', names: HOOK, ...LONG }),
  };
}

/** @param by itself unless told */
function issued(wanted: Wanted, by?: Authority): Certificate {
  const { publicKey, privateKey } = pair();
  const cert = certificate(wanted, publicKey, by ?? { name: wanted.name, key: privateKey });
  return { key: privateKey.export({ format: 'pem', type: 'pkcs8' }).toString(), cert: pem(cert) };
}

function pair() {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

/** RFC 5280 section 4.1. One without names is an authority's. */
function certificate({ name, names, from, to }: Wanted, publicKey: KeyObject, by: Authority): Buffer {
  const algorithm = sequence(oid('2a8648ce3d040302')); // ecdsa-with-SHA256
  const extension = names.length === 0 ? constraints() : alternatives(names);
  const signed = sequence(
    der(0xa0, der(0x02, Buffer.of(2))), // v3
    der(0x02, Buffer.of(1), randomBytes(8)), // the serial number
    algorithm,
    distinguished(by.name),
    sequence(time(from), time(to)),
    distinguished(name),
    publicKey.export({ format: 'der', type: 'spki' }),
    der(0xa3, sequence(extension)),
  );
  return sequence(signed, algorithm, der(0x03, Buffer.of(0), sign('sha256', signed, by.key)));
}

function constraints(): Buffer {
  const isAuthority = sequence(der(0x01, Buffer.of(0xff)));
  return sequence(oid('551d13'), der(0x01, Buffer.of(0xff)), der(0x04, isAuthority));
}

function alternatives(names: readonly Buffer[]): Buffer {
  return sequence(oid('551d11'), der(0x04, sequence(...names)));
}

function distinguished(commonName: string): Buffer {
  return sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from(commonName)))));
}

function dnsName(name: string): Buffer {
  return der(0x82, Buffer.from(name));
}

function ipName(bytes: readonly number[]): Buffer {
  return der(0x87, Buffer.from(bytes));
}

/** Up to 2049 with two digits of the year, then with four (section 4.1.2.5). */
function time(text: string): Buffer {
  return text < '2050' ? der(0x17, Buffer.from(text.slice(2))) : der(0x18, Buffer.from(text));
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, 'hex'));
}

function sequence(...parts: readonly Buffer[]): Buffer {
  return der(0x30, ...parts);
}

/** Of less than 64 KiB. */
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
