import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventTime } from '../../../../src/bgp/time.ts';
import type { StateStore } from '../../../../src/ports.ts';
import { putEndpoint } from '../../../../src/sinks/webhook/endpoints/endpoint-store.ts';
import { dispatchWebhooks } from '../../../../src/sinks/webhook/dispatch/dispatch.ts';
import type { WebhookReport } from '../../../../src/sinks/webhook/dispatch/report.ts';
import type { Endpoint } from '../../../../src/sinks/webhook/endpoints/endpoint.ts';
import { HandClock } from '../../../support/clock.ts';
import { mulberry32 } from '../../../support/sim-random.ts';
import { makeCertificates } from '../request/certificates.ts';
import { fiveEndpoints, MixedReceivers, resolving } from './mix-receivers.ts';
import { chain, SECRET } from './world.ts';

export interface MixReport {
  readonly events: number;
  readonly endpoints: number;
  readonly attempts: number;
  /** By `endpoint/id`, each of which must be delivered or a dead letter. */
  readonly delivered: number;
  readonly dead: number;
  readonly lost: number;
  /** Delivered although the receiver never had it. */
  readonly unseen: number;
  /** Bodies that came in, and those of them that `standardwebhooks` refuses. */
  readonly bodies: number;
  readonly unverified: number;
  readonly longestAttemptMs: number;
  /** Time that passed on the dispatcher's clock. */
  readonly hours: number;
  readonly mostRssMb: number;
}

/**
 * Sends so many events to five endpoints, each with faults of its own, until every one is delivered or given up. The
 * receivers are real; the clock is turned by hand whenever only time is waited for.
 */
export async function mixRun(
  store: StateStore,
  { events, seed }: { readonly events: number; readonly seed: number },
): Promise<MixReport> {
  const clock = new HandClock('2026-11-22T00:00:00Z');
  const receivers = new MixedReceivers(mulberry32(seed));
  const folder = mkdtempSync(join(tmpdir(), 'unroutable-mix-'));
  const stop = new AbortController();
  try {
    const endpoints = await fiveEndpoints(receivers, makeCertificates(), folder);
    for (const endpoint of endpoints) await putEndpoint(store, endpoint, { from: 'command', nowMs: clock.wallMs() });
    const cursor = clock.wallMs() as EventTime;
    const wanted = chain(events);
    for (let i = 0; i < events; i += 1_000) {
      const batch = { number: i / 1_000 + 1, cursor, elements: 0, events: wanted.slice(i, i + 1_000), changes: [] };
      await store.commit(batch);
    }
    const ledger = new Ledger(receivers, clock);
    const done = dispatchWebhooks(
      {
        store,
        token: () => undefined,
        clock,
        random: mulberry32(seed + 1),
        resolve: (name) => resolving(receivers, name),
        environment: { SECRET },
        sentence: ({ id }) => `Event ${id}.`,
        report: (report) => ledger.take(report),
        lookMs: 3_600_000,
      },
      stop.signal,
    );
    await ledger.play(events * endpoints.length);
    stop.abort();
    await done;
    return {
      ...ledger.report(),
      events,
      endpoints: endpoints.length,
      lost: await ledger.lost(store, wanted, endpoints),
    };
  } finally {
    stop.abort();
    await receivers.close();
    rmSync(folder, { recursive: true });
  }
}

/** Records the outcome of each event, and turns the clock when only time is waited for. */
class Ledger {
  readonly #receivers: MixedReceivers;
  readonly #clock: HandClock;
  readonly #startMs: number;
  readonly #next = new Map<string, number>();
  readonly #delivered = new Set<string>();
  readonly #dead = new Set<string>();
  #longestMs = 0;
  #mostRss = 0;

  constructor(receivers: MixedReceivers, clock: HandClock) {
    this.#receivers = receivers;
    this.#clock = clock;
    this.#startMs = clock.wallMs();
  }

  take(report: WebhookReport): void {
    if (report.type !== 'attempt') return;
    const { endpoint, attempt } = report;
    const place = `${endpoint}/${attempt.eventId}`;
    this.#receivers.ended++;
    this.#longestMs = Math.max(this.#longestMs, attempt.ms);
    this.#next.delete(place);
    if (attempt.ok) this.#delivered.add(place);
    else if (attempt.nextAtMs === undefined) this.#dead.add(place);
    else this.#next.set(place, attempt.nextAtMs);
  }

  /** Until so many are delivered or dead. */
  async play(all: number): Promise<void> {
    while (this.#delivered.size + this.#dead.size < all) {
      await this.#quiet();
      this.#mostRss = Math.max(this.#mostRss, process.memoryUsage.rss());
      if (this.#delivered.size + this.#dead.size >= all) return;
      const nextMs = this.#next.size === 0 ? 0 : leastOf(this.#next.values()) - this.#clock.wallMs();
      // No further than the deadline of what hangs: what begins meanwhile has time to be answered.
      await this.#clock.turn(this.#receivers.held > 0 ? 30_000 : Math.max(1, nextMs));
    }
  }

  report() {
    const { seen, begun, bodies, unverified } = this.#receivers;
    return {
      attempts: begun,
      delivered: this.#delivered.size,
      dead: this.#dead.size,
      unseen: [...this.#delivered].filter((place) => !seen.has(place)).length,
      bodies,
      unverified,
      longestAttemptMs: this.#longestMs,
      hours: Math.round((this.#clock.wallMs() - this.#startMs) / 360_000) / 10,
      mostRssMb: Math.round(this.#mostRss / 2 ** 20),
    };
  }

  /** Those that are neither delivered nor among the dead letters of the store. */
  async lost(store: StateStore, events: readonly { id: string }[], endpoints: readonly Endpoint[]): Promise<number> {
    const letters = new Set((await store.read('webhooks/dead')).map(({ key }) => key));
    const places = endpoints.flatMap(({ name }) => events.map(({ id }) => `${name}/${id}`));
    return places.filter((place) => !this.#delivered.has(place) && !letters.has(place)).length;
  }

  /** Until all that is under way hangs, and that for some turns of the event loop. */
  async #quiet(): Promise<void> {
    let since = '';
    for (let turns = 0; turns < 40;) {
      await new Promise((resolve) => setImmediate(resolve));
      const now = `${this.#receivers.begun} ${this.#receivers.ended} ${this.#receivers.held}`;
      const isQuiet = this.#receivers.begun - this.#receivers.ended === this.#receivers.held && now === since;
      turns = isQuiet ? turns + 1 : 0;
      since = now;
    }
  }
}

function leastOf(values: Iterable<number>): number {
  let least = Number.POSITIVE_INFINITY;
  for (const value of values) least = Math.min(least, value);
  return least;
}
