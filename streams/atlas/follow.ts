import type { ProbeElement } from '../../src/bgp/element.ts';
import type { Vantage } from '../../src/bgp/probe.ts';
import { AsyncQueue } from '../../src/lib/async-queue.ts';
import { backOffMs } from '../../src/lib/back-off.ts';
import { parseJson } from '../../src/lib/json.ts';
import { LinkedAbort } from '../../src/lib/linked-abort.ts';
import type { Clock } from '../../src/ports.ts';
import { Oddities } from '../oddities.ts';
import type { Probed } from '../probe/rounds.ts';
import { connect, type Connection } from '../http/frames.ts';
import {
  describeMeasurement,
  placesOf,
  resultsSince,
  type AtlasAddress,
  type AtlasApi,
  type ProbePlace,
} from './api.ts';
import { ATLAS_TYPES, readResult, type AtlasResult } from './result.ts';

/** A measurement that the operator named, and its target. */
export interface AtlasMeasurement extends Probed {
  readonly id: number;
}

/** What to read from RIPE Atlas. */
export interface AtlasPlan {
  readonly measurements: readonly AtlasMeasurement[];
  readonly api: AtlasAddress;
  /** `wss://atlas-stream.ripe.net/stream/`, or a replacement. */
  readonly streamUrl: string;
  /** The interval of a measurement that does not name one. Milliseconds. */
  readonly everyMs: number;
}

/** What is reported while results are read. */
export type AtlasReport =
  /** The stream is connected. */
  | { readonly type: 'connected' }
  /** The stream is not connected, or was lost. Each attempt also asks for results by HTTP. */
  | { readonly type: 'disconnected'; readonly reason: string }
  /** No results came by HTTP. */
  | { readonly type: 'not-answered'; readonly id: number; readonly reason: string }
  /** This measurement is not followed: it does not exist, or does not ask its target. */
  | { readonly type: 'not-followed'; readonly id: number; readonly reason: string }
  /** Results that were skipped, with their number so far. Reported at 1, 10, 100, … */
  | { readonly type: 'passed-over'; readonly id: number; readonly reason: string; readonly count: number };

/** What reading needs besides the plan. */
export interface AtlasParts {
  readonly clock: Clock;
  /** 0 to 1, 1 excluded. */
  readonly random: () => number;
  readonly report: (report: AtlasReport) => void;
}

/**
 * Waits between attempts to connect. Each attempt asks for results by HTTP, so this is also their interval without a
 * stream.
 */
const WAITS = { firstMs: 5_000, mostMs: 300_000 };
/** A connection that lasted this long counts as a success. Milliseconds. */
const HEALTHY_MS = 60_000;
/** How many intervals back to ask for results at the start: older ones do not count as recent. */
const INTERVALS_BACK = 3;
/** A result this far in the future comes from a probe with a wrong clock. Milliseconds. */
const MAX_AHEAD_MS = 60_000;
/** Most waiting results: the stream is then not read. */
const MAX_WAITING = 10_000;
/** Most pairs of measurement and probe: further ones are skipped. */
const MAX_PAIRS = 20_000;

/**
 * The results of measurements of RIPE Atlas, read only: from the stream, and by HTTP for results before it was
 * connected. This starts no measurement, and sends nothing to a target. Ends with the signal.
 */
export async function* atlasResults(
  plan: AtlasPlan,
  parts: AtlasParts,
  signal: AbortSignal,
): AsyncGenerator<ProbeElement> {
  const stop = new LinkedAbort(signal);
  const waiting = new AsyncQueue<ProbeElement>(MAX_WAITING);
  const follower = new Follower(plan, parts, waiting, stop.signal);
  const following = follower.run().then(
    () => waiting.end(),
    (error: unknown) => waiting.fail(error),
  );
  try {
    for (;;) {
      const element = await waiting.next();
      if (element === undefined) return;
      yield element;
    }
  } finally {
    stop.abort();
    await following;
  }
}

interface Followed extends AtlasMeasurement {
  /** `undefined` until it is known. */
  everyMs?: number;
  /** Seconds since 1970: results from then on are requested. */
  newest?: number;
  isOver: boolean;
  /** Its results that are skipped. */
  readonly odd: Oddities;
}

class Follower {
  readonly #plan: AtlasPlan;
  readonly #parts: AtlasParts;
  readonly #waiting: AsyncQueue<ProbeElement>;
  readonly #signal: AbortSignal;
  readonly #api: AtlasApi;
  readonly #all: readonly Followed[];
  readonly #places = new Map<number, ProbePlace>();
  /** Time of the newest result by measurement and probe, because the stream and HTTP give some results twice. */
  readonly #seen = new Map<string, number>();
  /** Messages of the stream that are skipped. */
  readonly #odd: Oddities;

  constructor(plan: AtlasPlan, parts: AtlasParts, waiting: AsyncQueue<ProbeElement>, signal: AbortSignal) {
    this.#plan = plan;
    this.#parts = parts;
    this.#waiting = waiting;
    this.#signal = signal;
    this.#api = { ...plan.api, clock: parts.clock };
    const oddities = (id: number): Oddities =>
      new Oddities(({ what, count, sample }) => {
        parts.report({ type: 'passed-over', id, reason: sample === '' ? what : `${what}: ${sample}`, count });
      });
    this.#odd = oddities(0);
    this.#all = plan.measurements.map((each) => ({ ...each, isOver: false, odd: oddities(each.id) }));
  }

  async run(): Promise<void> {
    const { clock, random, report } = this.#parts;
    for (let failures = 0; !this.#signal.aborted;) {
      const begunMs = clock.monotonicMs();
      const reason = await this.#session();
      if (this.#signal.aborted) return;
      report({ type: 'disconnected', reason });
      failures = clock.monotonicMs() - begunMs >= HEALTHY_MS ? 1 : failures + 1;
      await clock.sleep(backOffMs(failures, WAITS, random), this.#signal);
    }
  }

  /** One connection, from its attempt to its end. @returns why it ended. */
  async #session(): Promise<string> {
    const url = new URL(this.#plan.streamUrl);
    url.searchParams.set('client', 'unroutable');
    const stream = await connect({ url: url.href, clock: this.#parts.clock }, this.#signal);
    if (!('frames' in stream)) {
      await this.#catchUp();
      return stream.reason;
    }
    this.#parts.report({ type: 'connected' });
    // First the stream, then older results by HTTP, so that no result is missed in between.
    for (const { id } of this.#followed()) subscribe(stream, id);
    await this.#catchUp();
    for await (const frames of stream.frames()) for (const frame of frames) await this.#receive(frame);
    return (await stream.closing).reason;
  }

  #followed(): readonly Followed[] {
    return this.#all.filter(({ isOver }) => !isOver);
  }

  async #catchUp(): Promise<void> {
    const { clock, report } = this.#parts;
    for (const one of this.#followed()) {
      if (this.#signal.aborted) return;
      await this.#describe(one);
      if (one.isOver) continue;
      const back = INTERVALS_BACK * (one.everyMs ?? this.#plan.everyMs);
      const start = one.newest ?? Math.max(0, Math.floor((clock.wallMs() - back) / 1000));
      const given = await resultsSince(this.#api, { id: one.id, start }, this.#signal);
      if (given.ok) await this.#take(one, given.value);
      else if (!this.#signal.aborted) report({ type: 'not-answered', id: one.id, reason: given.reason });
    }
  }

  async #describe(one: Followed): Promise<void> {
    if (one.everyMs !== undefined) return;
    const given = await describeMeasurement(this.#api, one.id, this.#signal);
    const end = (reason: string): void => {
      one.isOver = true;
      this.#parts.report({ type: 'not-followed', id: one.id, reason });
    };
    if (!given.ok) {
      if (given.isFinal) end(`RIPE Atlas does not give it: ${given.reason}`);
      return;
    }
    const { type, everyMs } = given.value;
    const { kind } = one.target;
    if (type !== ATLAS_TYPES[kind]) end(`it is of type ${type}; ${kind} is asked by ${ATLAS_TYPES[kind] ?? 'none'}`);
    else if (everyMs === undefined) end('it runs once; only one that goes on can be followed');
    else one.everyMs = everyMs;
  }

  async #receive(frame: Uint8Array): Promise<void> {
    const message = parseJson(Buffer.from(frame).toString());
    if (message === undefined) return this.#odd.count('a message of the stream is not JSON');
    if (!Array.isArray(message)) return this.#odd.count('a message of the stream is not an array');
    const [type, payload] = message as unknown[];
    if (type === 'atlas_error') return this.#odd.count('the stream reports an error', JSON.stringify(payload));
    if (type !== 'atlas_result') return;
    const id = typeof payload === 'object' && payload !== null && 'msm_id' in payload ? payload.msm_id : undefined;
    const one = this.#followed().find((each) => each.id === id);
    if (one === undefined) this.#odd.count('a result of a measurement that was not asked for');
    else await this.#take(one, [payload]);
  }

  async #take(one: Followed, values: readonly unknown[]): Promise<void> {
    const fresh: AtlasResult[] = [];
    for (const value of values) {
      const result = readResult(value, one.target);
      const key = 'reason' in result ? '' : `${one.id} ${result.probe}`;
      if ('reason' in result) one.odd.count(result.reason, result.sample);
      else if (result.at > this.#parts.clock.wallMs() + MAX_AHEAD_MS)
        one.odd.count('its time is not here yet: the clock of the probe is wrong');
      else if (this.#seen.size >= MAX_PAIRS && !this.#seen.has(key)) one.odd.count('there are too many probes');
      else if (result.at > (this.#seen.get(key) ?? -1)) {
        this.#seen.set(key, result.at);
        fresh.push(result);
      }
    }
    await this.#learnPlaces(fresh);
    fresh.sort((a, b) => a.at - b.at);
    for (const result of fresh) {
      one.newest = Math.max(one.newest ?? 0, Math.floor(result.at / 1000));
      const { finding } = result;
      if (finding.result === undefined) one.odd.count('the probe could not ask', finding.failure);
      else {
        await this.#waiting.room(this.#signal);
        this.#waiting.push(this.#element(one, result, { result: finding.result, detail: finding.detail }));
      }
    }
  }

  /**
   * No verdict depends on the place of a probe. Without an answer its results have no place for now, and the place is
   * requested again.
   */
  async #learnPlaces(results: readonly AtlasResult[]): Promise<void> {
    const unknown = [...new Set(results.map(({ probe }) => probe))].filter((probe) => !this.#places.has(probe));
    if (unknown.length === 0) return;
    const given = await placesOf(this.#api, unknown, this.#signal);
    if (!given.ok) return;
    for (const probe of unknown) this.#places.set(probe, given.value.get(probe) ?? NOWHERE);
  }

  #element(
    one: Followed,
    { probe, at, ms }: AtlasResult,
    finding: Pick<ProbeElement, 'result' | 'detail'>,
  ): ProbeElement {
    const { country, asn4, asn6 } = this.#places.get(probe) ?? NOWHERE;
    const asn = one.target.address.includes(':') ? asn6 : asn4;
    const vantage: Vantage = {
      id: `atlas-${probe}`,
      ...(country === undefined ? {} : { country }),
      ...(asn === undefined ? {} : { asn }),
    };
    const { territory, service, target, everyMs = this.#plan.everyMs } = one;
    return { type: 'probe', at, vantage, territory, service, target, ...finding, ms, everyMs };
  }
}

const NOWHERE: ProbePlace = { country: undefined, asn4: undefined, asn6: undefined };

function subscribe(stream: Connection, id: number): void {
  stream.send(JSON.stringify(['atlas_subscribe', { streamType: 'result', msm: id }]));
}
