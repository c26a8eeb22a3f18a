import { createPublicKey, randomBytes, verify, type KeyObject } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { describe, expect, test } from 'vitest';
import { secretOf } from '../../../../src/sinks/webhook/request/secret.ts';
import {
  newSecret,
  newSigningKey,
  parseSigningKey,
  publicKeyText,
  signatureHeaders,
  type SigningKey,
} from '../../../../src/sinks/webhook/request/signature.ts';

const NOW = Date.now();

describe('the signature', () => {
  test('is the one of the reference library’s own vector', () => {
    expect(vectorSignature('whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw')).toBe(
      'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
    );
  });

  test('with ed25519 is the one of the reference library’s own vector', () => {
    expect(vectorSignature('whsk_VEVTVFNJR05JTkdLRVlET05PVFVTRVRISVNGT1JBTlk=')).toBe(
      'v1a,tQ9V2XOqn7jL/DQenEFpqIugdBVtiMmER5mhSkXBNwM0mkATuDe6KYYUuxqtaiHeYGb7KaaBRdM5WqyeFiL8Ag==',
    );
  });

  test('of any body, with any secret, verifies with the reference library', () => {
    const bytes = fc.uint8Array({ minLength: 24, maxLength: 64 });
    fc.assert(
      fc.property(bytes, fc.jsonValue(), fc.stringMatching(/^[0-9a-f]{32}$/), (secret, value, id) => {
        const text = `whsec_${Buffer.from(secret).toString('base64')}`;
        const body = Buffer.from(JSON.stringify(value));
        const headers = signatureHeaders({ id, wallMs: NOW, body }, [key(text)]);
        expect(new Webhook(text).verify(body, headers)).toEqual(JSON.parse(body.toString()));
      }),
    );
  });

  test('during a rotation verifies with the old secret and with the new one, and not with a third', () => {
    const [before, after, other] = [newSecret(randomBytes), newSecret(randomBytes), newSecret(randomBytes)];
    const body = Buffer.from('{"a":1}');
    const headers = signed(
      body,
      [before, after].map((secret) => key(secret.reveal())),
    );
    expect(new Webhook(before.reveal()).verify(body, headers)).toEqual({ a: 1 });
    expect(new Webhook(after.reveal()).verify(body, headers)).toEqual({ a: 1 });
    expect(() => new Webhook(other.reveal()).verify(body, headers)).toThrow('No matching signature');
  });

  test('of both kinds at once verifies with the library and with the public key', () => {
    const [hmac, pair] = [newSecret(randomBytes), key(newSigningKey(randomBytes).reveal())];
    const body = Buffer.from('{"a":1}');
    const headers = signed(body, [key(hmac.reveal()), pair]);
    expect(new Webhook(hmac.reveal()).verify(body, headers)).toEqual({ a: 1 });

    const asymmetric = headers['webhook-signature']?.split(' ')[1] ?? '';
    expect(asymmetric).toMatch(/^v1a,/);
    const content = `${headers['webhook-id']}.${headers['webhook-timestamp']}.{"a":1}`;
    const proof = Buffer.from(asymmetric.slice('v1a,'.length), 'base64');
    expect(verify(null, Buffer.from(content), publicKeyOf(pair), proof)).toBe(true);
    expect(verify(null, Buffer.from(`${content} `), publicKeyOf(pair), proof)).toBe(false);
  });

  test('of a changed body, id or time does not verify', () => {
    const secret = newSecret(randomBytes).reveal();
    const body = Buffer.from('{"a":1}');
    const headers = signed(body, [key(secret)]);
    const receiver = new Webhook(secret);
    const later = String(Number(headers['webhook-timestamp']) + 1);
    expect(() => receiver.verify('{"a":2}', headers)).toThrow('No matching signature');
    expect(() => receiver.verify(body, { ...headers, 'webhook-id': 'b' })).toThrow('No matching signature');
    expect(() => receiver.verify(body, { ...headers, 'webhook-timestamp': later })).toThrow('No matching signature');
  });

  test('is left out without a secret; id and time are sent anyway', () => {
    expect(signatureHeaders({ id: 'a1', wallMs: 1_614_265_330_999, body: Buffer.alloc(0) }, [])).toEqual({
      'webhook-id': 'a1',
      'webhook-timestamp': '1614265330',
    });
  });

  test('is refused for an id that holds a full stop or a line break', () => {
    for (const id of ['a.1', 'a\r\nx: 1', '']) {
      expect(() => signatureHeaders({ id, wallMs: 0, body: Buffer.alloc(0) }, [])).toThrow(RangeError);
    }
  });
});

describe('a secret', () => {
  test.each([
    [`whsec_${base64(23)}`, 'holds 23 bytes: a whsec_ secret has 24 to 64'],
    [`whsec_${base64(65)}`, 'holds 65 bytes: a whsec_ secret has 24 to 64'],
    ['whsec_', 'is not base64 after whsec_'],
    ['whsec_not base64 at all, whatever Node makes of it', 'is not base64 after whsec_'],
    [base64(32), 'begins neither with whsec_ nor with whsk_'],
    [`whpk_${base64(32)}`, 'is a public key: it is for receivers; sending needs the whsk_ key beside it'],
    [`whsk_${base64(31)}`, 'holds 31 bytes: a whsk_ key has 32, or 64'],
    [`whsk_${base64(64)}`, 'holds a public key that is not its own'],
  ])('like %s is refused', (text, reason) => {
    expect(parseSigningKey(secretOf(text))).toEqual({ ok: false, reason });
  });

  test('of 24 and of 64 bytes is taken, with padding and without', () => {
    for (const text of [`whsec_${base64(24)}`, `whsec_${base64(64)}`, `whsec_${base64(25).replace(/=+$/, '')}`]) {
      expect(parseSigningKey(secretOf(text))).toMatchObject({ ok: true, key: { scheme: 'v1' } });
    }
  });

  test('of ed25519 is taken as a seed, or as a seed and its public key', () => {
    const short = newSigningKey(randomBytes).reveal();
    const seed = Buffer.from(short.slice('whsk_'.length), 'base64');
    const whole = publicKeyText(key(short)) ?? '';
    const long = Buffer.concat([seed, Buffer.from(whole.slice('whpk_'.length), 'base64')]);
    expect(publicKeyText(key(`whsk_${long.toString('base64')}`))).toBe(whole);
  });
});

function vectorSignature(secret: string): string | undefined {
  const body = Buffer.from('{"test": 2432232314}');
  const id = 'msg_p5jXN8AQM9LWM0D4loKWxJek';
  return signatureHeaders({ id, wallMs: 1_614_265_330_000, body }, [key(secret)])['webhook-signature'];
}

function signed(body: Buffer, keys: readonly SigningKey[]) {
  return signatureHeaders({ id: 'e70ac4b239a6bdc9', wallMs: NOW, body }, keys);
}

function key(text: string): SigningKey {
  const parsed = parseSigningKey(secretOf(text));
  if (!parsed.ok) throw new Error(parsed.reason);
  return parsed.key;
}

function publicKeyOf({ key }: SigningKey): KeyObject {
  return createPublicKey(key);
}

function base64(bytes: number): string {
  return Buffer.alloc(bytes, 7).toString('base64');
}
