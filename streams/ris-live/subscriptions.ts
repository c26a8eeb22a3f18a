import { parseCollector, type Collector } from '../../src/bgp/peer.ts';
import { parsePrefix, type Prefix } from '../../src/bgp/prefix.ts';
import type { JsonObject } from './fields.ts';
import { inBatches } from '../../src/lib/batches.ts';

/** The filters of one `ris_subscribe`: a message that passes all of them is sent. Subscriptions add up. */
export interface Subscription {
  readonly host?: string;
  readonly type?: string;
  readonly prefix?: readonly string[];
  readonly moreSpecific?: boolean;
  readonly lessSpecific?: boolean;
}

/** One socket of a feed, with its subscriptions. */
export interface SubscriptionPlan {
  readonly blocks: readonly Prefix[];
  readonly controls: readonly Prefix[];
  /** `undefined`: all collectors of the server. */
  readonly collectors: readonly Collector[] | undefined;
}

/** Prefixes per message, so that a country with thousands of blocks is subscribed within a minute. */
const PREFIXES_A_MESSAGE = 50;

/**
 * Messages that prove that a session is up, or report its end. The documentation calls a peer state `RIS_PEER_STATE`,
 * the messages of 2026 call it `STATE`. It is not known which name the filter expects, so both are used.
 */
const SESSION_TYPES = ['RIS_PEER_STATE', 'STATE', 'KEEPALIVE', 'OPEN', 'NOTIFICATION'] as const;

/** The subscriptions of one connection, in order. */
export function subscriptionsOf({ blocks, controls, collectors }: SubscriptionPlan): readonly Subscription[] {
  const hosts = collectors === undefined ? [{}] : collectors.map((host) => ({ host }));
  const exact = { moreSpecific: false, lessSpecific: false };
  const whole = { moreSpecific: true, lessSpecific: true };
  return hosts.flatMap((host): readonly Subscription[] => [
    // Session messages come first: otherwise a route could still count after its session has ended.
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

  /** The missing acknowledgements, in words. One of the two names of peer state is enough. */
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
  return inBatches(texts, PREFIXES_A_MESSAGE);
}
