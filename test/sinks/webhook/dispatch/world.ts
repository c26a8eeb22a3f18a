import { createHash } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { UnroutableEvent } from '../../../../src/detect/events/event.ts';
import { parseEndpoints, type Endpoint } from '../../../../src/sinks/webhook/endpoints/endpoint.ts';

export const SECRET = `whsec_${Buffer.from('the secret of the tests, 32 byte').toString('base64')}`;

/** Files of this folder that scripts use as well read no file of the checkout: they are run from elsewhere. */
const MODEL = {
  specversion: '1.0',
  source: '/territories/KP',
  type: 'country.unroutable',
  subject: 'KP/ipv4',
  time: '2026-09-10T04:05:00.000Z',
  datacontenttype: 'application/json',
  data: {
    territory: { id: 'KP', name: 'North Korea' },
    family: 'ipv4',
    since: '2026-09-10T04:00:00.000Z',
    first: '2026-09-10T03:59:58.000Z',
    visibility: {
      share: 0.0123,
      of: 'full-feed',
      voters: 301,
      witnesses: 301,
      seeing: 11,
      seeingNothing: 290,
      unitsVisible: 0,
      units: 4,
    },
    verdict: 'unroutable',
    previous: 'routable',
    incident: 'b2c1f6f2d0a94c2ab6c1f1a0c5f6e7d8',
    evidence: { count: 1204, messages: [] },
  },
} as const;

/** So many events of one source, each of which names the one before. */
export function chain(count: number, first = 1): UnroutableEvent[] {
  return Array.from({ length: count }, (_, i) => ({
    ...(MODEL as unknown as UnroutableEvent),
    id: idOf(first + i),
    sequence: String(first + i).padStart(10, '0'),
    previousid: idOf(first + i - 1),
  }));
}

export function idOf(sequence: number): string {
  return createHash('sha256').update(`event ${sequence}`).digest('hex').slice(0, 32);
}

/** An endpoint that may be sent to on loopback. */
export function endpointOf(name: string, port: number, more: object = {}): Endpoint {
  const parsed = parseEndpoints([
    {
      name,
      url: `http://${name}.test:${port}/hook`,
      http: true,
      ports: [port],
      allow: ['127.0.0.0/8'],
      secrets: [{ env: 'SECRET' }],
      ...more,
    },
  ]);
  const endpoint = parsed.ok ? parsed.endpoints[0] : undefined;
  if (endpoint === undefined) throw new Error(JSON.stringify(parsed));
  return endpoint;
}

export interface Received {
  readonly id: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** @throws when the signature is not that of this secret, or the time not about now: this machine's now. */
export function verify({ body, headers }: Received, secret = SECRET): void {
  new Webhook(secret).verify(body, { ...headers });
}
