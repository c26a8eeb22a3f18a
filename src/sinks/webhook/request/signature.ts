import { createHmac, createPrivateKey, createPublicKey, createSecretKey, sign, type KeyObject } from 'node:crypto';
import { secretOf, type Secret } from './secret.ts';

/**
 * A key that signs deliveries, by Standard Webhooks 1.0.0: `v1` is HMAC-SHA256 with a shared secret, `v1a` is ed25519
 * with a private key. The material is a KeyObject, which does not print its content.
 */
export interface SigningKey {
  readonly scheme: 'v1' | 'v1a';
  readonly key: KeyObject;
}

/** A signing key, or why the text is not one. */
export type ParsedKey =
  | { readonly ok: true; readonly key: SigningKey }
  /** Contains no part of the text. */
  | { readonly ok: false; readonly reason: string };

/** Bytes of a `v1` secret: at least 192 bits, at most 512 (section "Signature scheme"). */
const LEAST_BYTES = 24;
const MOST_BYTES = 64;
const GENERATED_BYTES = 32;

const SEED_BYTES = 32;

/** The start of an ed25519 private key in PKCS #8 (RFC 8410 section 7); the seed follows it. */
const PKCS8_HEAD = Buffer.from('302e020100300506032b657004220420', 'hex');

/**
 * Reads `whsec_…` (24 to 64 bytes in base64) or `whsk_…` (an ed25519 seed of 32 bytes, alone or followed by its public
 * key, which libsodium calls the secret key).
 */
export function parseSigningKey(secret: Secret): ParsedKey {
  const text = secret.reveal();
  if (text.startsWith('whpk_')) {
    return refused('is a public key: it is for receivers; sending needs the whsk_ key beside it');
  }
  const found = /^(whsec_|whsk_)(.*)$/s.exec(text);
  if (found === null) return refused('begins neither with whsec_ nor with whsk_');
  const bytes = base64Bytes(found[2] ?? '');
  if (bytes === undefined) return refused(`is not base64 after ${found[1]}`);
  return found[1] === 'whsec_' ? symmetric(bytes) : asymmetric(bytes);
}

/** A new `whsec_` secret. @param randomBytes must be cryptographic, such as that of node:crypto. */
export function newSecret(randomBytes: (count: number) => Buffer): Secret {
  return secretOf(`whsec_${randomBytes(GENERATED_BYTES).toString('base64')}`);
}

/** A new `whsk_` key; `publicKeyText` gives what receivers verify with. */
export function newSigningKey(randomBytes: (count: number) => Buffer): Secret {
  return secretOf(`whsk_${randomBytes(SEED_BYTES).toString('base64')}`);
}

/** `whpk_…`, for receivers; `undefined` for a `v1` key, which has no public half. */
export function publicKeyText({ scheme, key }: SigningKey): string | undefined {
  return scheme === 'v1a' ? `whpk_${publicBytes(key).toString('base64')}` : undefined;
}

/**
 * The three headers of one attempt. Each key signs, so that during a rotation receivers with the old and with the new
 * secret both find a valid signature.
 *
 * @param id of the event, the same at every attempt. It must not contain a full stop, which separates the signed parts.
 * @param wallMs time of this attempt, not of the event.
 * @throws RangeError when the id cannot be signed: a bug, our ids are hexadecimal.
 */
export function signatureHeaders(
  { id, wallMs, body }: { readonly id: string; readonly wallMs: number; readonly body: Buffer },
  keys: readonly SigningKey[],
): Readonly<Record<string, string>> {
  if (!/^[\w-]{1,128}$/.test(id))
    throw new RangeError('the id of a delivery contains characters that cannot be signed');
  const timestamp = String(Math.floor(wallMs / 1000));
  const content = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  const unsigned = { 'webhook-id': id, 'webhook-timestamp': timestamp };
  if (keys.length === 0) return unsigned;
  return { ...unsigned, 'webhook-signature': keys.map((key) => signatureOf(content, key)).join(' ') };
}

function signatureOf(content: Buffer, { scheme, key }: SigningKey): string {
  const bytes = scheme === 'v1' ? createHmac('sha256', key).update(content).digest() : sign(null, content, key);
  return `${scheme},${bytes.toString('base64')}`;
}

function symmetric(bytes: Buffer): ParsedKey {
  if (bytes.length < LEAST_BYTES || bytes.length > MOST_BYTES) {
    return refused(`holds ${bytes.length} bytes: a whsec_ secret has ${LEAST_BYTES} to ${MOST_BYTES}`);
  }
  return { ok: true, key: { scheme: 'v1', key: createSecretKey(bytes) } };
}

function asymmetric(bytes: Buffer): ParsedKey {
  if (bytes.length !== SEED_BYTES && bytes.length !== 2 * SEED_BYTES) {
    return refused(`holds ${bytes.length} bytes: a whsk_ key has ${SEED_BYTES}, or ${2 * SEED_BYTES}`);
  }
  const der = Buffer.concat([PKCS8_HEAD, bytes.subarray(0, SEED_BYTES)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const rest = bytes.subarray(SEED_BYTES);
  if (rest.length > 0 && !rest.equals(publicBytes(key))) return refused('holds a public key that is not its own');
  return { ok: true, key: { scheme: 'v1a', key } };
}

/** The last 32 bytes of the SubjectPublicKeyInfo are the key itself (RFC 8410 section 4). */
function publicBytes(key: KeyObject): Buffer {
  return createPublicKey(key).export({ format: 'der', type: 'spki' }).subarray(-SEED_BYTES);
}

/** Strict: refuses characters that Node would skip, and text that it would cut off. Padding may be missing. */
function base64Bytes(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  const canonical = bytes.toString('base64');
  return text !== '' && (text === canonical || text === canonical.replace(/=+$/, '')) ? bytes : undefined;
}

function refused(reason: string): ParsedKey {
  return { ok: false, reason };
}
