import { parseCollector, type Collector } from '../../src/bgp/peer.ts';
import { parsePrefix, type Prefix } from '../../src/bgp/prefix.ts';
import type { JsonObject } from './fields.ts';

/** The filters of one `ris_subscribe`: a message that passes all of them is sent. Subscriptions add up. */
export interface Subscription {
  readonly host?: string;
  readonly type?: string;
  readonly prefix?: readonly string[];
  readonly moreSpecific?: boolean;
  readonly lessSpecific?: boolean;
}

/** The sockets of a feed, and what each subscribes to. */
export interface SubscriptionPlan {
  readonly blocks: readonly Prefix[];
  readonly controls: readonly Prefix[];
  /** `undefined`: all that the server has. */
  readonly collectors: readonly Collector[] | undefined;
}

/** So many prefixes in one message, so that a country of thousands of blocks is subscribed within a minute. */
const PREFIXES_A_MESSAGE = 50;

/**
 * What proves that a session lives, and what says that it died. The documentation calls peer state `RIS_PEER_STATE`, the
 * messages of 2026 call it `STATE`; which of the two the filter wants is not known, so both are asked for.
 */
const SESSION_TYPES = ['RIS_PEER_STATE', 'STATE', 'KEEPALIVE', 'OPEN', 'NOTIFICATION'] as const;

/** What has to be subscribed on one connection, in this order. */
export function subscriptionsOf({ blocks, controls, collectors }: SubscriptionPlan): readonly Subscription[] {
  const hosts = collectors === undefined ? [{}] : collectors.map((host) => ({ host }));
  const exact = { moreSpecific: false, lessSpecific: false };
  const whole = { moreSpecific: true, lessSpecific: true };
  return hosts.flatMap((host): readonly Subscription[] => [
    // First what tells that sessions end: a route subscribed before could be believed after its session is gone.
    ...SESSION_TYPES.map((type) => ({ ...host, type })),
    ...chunks(blocks).map((prefix) => ({ ...host, prefix, ...whole })),
    ...chunks(controls).map((prefix) => ({ ...host, prefix, ...exact })),
  ]);
}

/** The message to send. Options are the whole connection's; with them, each subscription is acknowledged. */
export function subscribeText(subscription: Subscription): string {
  const socketOptions = { includeRaw: false, acknowledge: true };
  return JSON.stringify({ type: 'ris_subscribe', data: { ...subscription, socketOptions } });
}

/** `ws://host/v1/ws/?client=unroutable-0.1.0`: RIPE NCC asks every client for its name. */
export function urlWithClient(url: string, client: string): string {
  const named = new URL(url);
  named.searchParams.set('client', client);
  return named.href;
}

/** Which subscriptions a server has acknowledged. It may do so prefix by prefix, and with defaults filled in. */
export class Acknowledgements {
  readonly #awaited = new Set<string>();

  expect(subscription: Subscription): void {
    for (const key of keysOf(subscription)) this.#awaited.add(key);
  }

  acknowledge(subscription: JsonObject): void {
    for (const key of keysOf(subscription)) this.#awaited.delete(key);
  }

  /** What is awaited still, in words. Of the two names of peer state, one is enough. */
  get missing(): readonly string[] {
    return [...this.#awaited].filter((key) => {
      const other = key.replace(/ (STATE|RIS_PEER_STATE) /, (_, name) =>
        name === 'STATE' ? ' RIS_PEER_STATE ' : ' STATE ',
      );
      return other === key || this.#awaited.has(other);
    });
  }
}

function keysOf(subscription: JsonObject | Subscription): readonly string[] {
  const { host, type, prefix } = subscription;
  const named = typeof host === 'string' ? parseCollector(host) : undefined;
  const kind = typeof type === 'string' ? type : 'UPDATE';
  const listed: readonly unknown[] = Array.isArray(prefix) ? prefix : [prefix];
  return listed.map((one) => {
    const text = typeof one === 'string' ? (parsePrefix(one)?.text ?? one.slice(0, 50)) : '';
    return `${named ?? 'all collectors'}: ${kind} ${text}`;
  });
}

function chunks(prefixes: readonly Prefix[]): readonly (readonly string[])[] {
  const texts = [...new Set(prefixes.map((prefix) => prefix.text))];
  return Array.from({ length: Math.ceil(texts.length / PREFIXES_A_MESSAGE) }, (_, i) =>
    texts.slice(i * PREFIXES_A_MESSAGE, (i + 1) * PREFIXES_A_MESSAGE),
  );
}
