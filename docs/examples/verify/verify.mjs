// Tells whether a webhook came from unroutable. Needs Node.js 20 and nothing else.
//
//   WEBHOOK_SECRET=whsec_… node verify.mjs ID TIMESTAMP SIGNATURES < body
//
// In a receiver, read the body as bytes and verify it before it is parsed. Ends with 0 when it is genuine, else with 1.

import { createHmac, timingSafeEqual } from 'node:crypto';
import { buffer } from 'node:stream/consumers';

/** Seconds between sending and receiving: older requests may be somebody's recording. */
const TOLERANCE = 5 * 60;

/** `headers`: webhook-id, webhook-timestamp and webhook-signature. */
export function verify(secret, headers, body, now = Date.now() / 1000) {
  const { id, timestamp, signature } = headers;
  if (!/^\d+$/.test(timestamp) || Math.abs(now - Number(timestamp)) > TOLERANCE) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const expected = createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  // Two signatures while a secret is replaced: one that fits is enough.
  return signature.split(' ').some((one) => {
    const [version, text = ''] = one.split(',');
    const given = Buffer.from(text, 'base64');
    return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
  });
}

const [id, timestamp, signature] = process.argv.slice(2);
const isGenuine = verify(process.env.WEBHOOK_SECRET, { id, timestamp, signature }, await buffer(process.stdin));
console.log(isGenuine ? 'genuine' : 'forged or too old');
process.exitCode = isGenuine ? 0 : 1;
