import type { Element } from '../../src/bgp/element.ts';
import type { Collector, PeerId } from '../../src/bgp/peer.ts';
import type { EventTime } from '../../src/bgp/time.ts';
import type { Clock, ElementSource } from '../../src/ports.ts';
import type { Territory } from '../../src/visibility/territory.ts';
import { namesOf, type LeftOut } from './census.ts';
import type { RipestatClient } from './client.ts';
import type { Outcome } from './fault.ts';
import { healFromRipestat, type Healing, type HealOptions } from './heal.ts';
import { seedFromRipestat } from './seed.ts';

/** What is said beside the elements, for the log. */
export type RipestatReport =
  | { readonly type: 'seeded'; readonly at: EventTime; readonly elements: number }
  | { readonly type: 'healed'; readonly peers: number; readonly unhealed: number }
  | { readonly type: 'warning'; readonly message: string }
  | { readonly type: 'failed'; readonly message: string };

export interface RipestatSourceOptions {
  readonly client: RipestatClient;
  readonly clock: Clock;
  readonly territories: readonly Territory[];
  readonly collectors?: readonly Collector[] | undefined;
  /**
   * Event time from which the live feed is heard whole; asked for when the seed is there. When it is later than the
   * seed's time, what lies between is healed like any gap, and nobody votes before it is. `undefined`: there is no live
   * feed, and the seed stands as it is.
   */
  readonly liveSince?: (() => EventTime | undefined) | undefined;
  readonly report: (report: RipestatReport) => void;
}

/** The looking glass is some seconds behind, some minutes for the few: ask again this often, this many times. */
const ROUND_MS = 30_000;
const ROUNDS = 10;
/** `bgp-state` is some minutes behind, at times two hours; beyond this it is worth a word. */
const STALE_MS = 60 * 60_000;

/**
 * The first look at the territories, for `follow`. Ends by itself. When RIPEstat fails it says so in a report and yields
 * nothing that gives a vote: the verdict stays `unknown` until peers are learned from the live feed. `at` goes back when
 * a later round heals a peer by an earlier message; the overlap with the live feed is as harmless, because routes are
 * ordered per peer and prefix.
 */
export function ripestatSource(options: RipestatSourceOptions): ElementSource {
  return {
    name: 'RIPEstat',
    async *elements(signal) {
      const { report } = options;
      const seed = await seedFromRipestat({ ...options, signal });
      if (!told(seed, report)) return;
      const { at, elements, prefixes } = seed.value;
      const liveSince = options.liveSince?.();
      report({ type: 'seeded', at, elements: elements.length });
      const ageMs = options.clock.wallMs() - at;
      if (ageMs > STALE_MS) {
        const minutes = Math.round(ageMs / 60_000);
        report({ type: 'warning', message: `RIPEstat bgp-state: its latest state is ${minutes} min old` });
      }
      if (liveSince === undefined || liveSince <= at) {
        yield* elements;
        return;
      }
      yield* elements.filter(({ type }) => type === 'rib');
      yield* healing(
        { ...options, span: { from: at, to: liveSince, collectors: options.collectors }, prefixes },
        signal,
      );
    },
  };
}

export type HealingOptions = Omit<HealOptions, 'signal'> & Pick<RipestatSourceOptions, 'clock' | 'report'>;

/** Heals a gap in rounds, each for the peers that the one before could not confirm. Ends when all are healed, or tired. */
export async function* healing(options: HealingOptions, signal: AbortSignal): AsyncGenerator<Element, void> {
  const { report } = options;
  let { peers } = options.span;
  let left: readonly LeftOut[] = [];
  for (let round = 1; round <= ROUNDS && !signal.aborted; round++) {
    if (round > 1) await options.clock.sleep(ROUND_MS, signal);
    const outcome: Outcome<Healing> = await healFromRipestat({ ...options, span: { ...options.span, peers }, signal });
    if (!outcome.ok && outcome.fault.kind === 'configuration') {
      report({ type: 'failed', message: outcome.fault.message });
      return;
    }
    if (!told(outcome, report)) continue;
    const { elements, healed, unhealed } = outcome.value;
    report({ type: 'healed', peers: healed.length, unhealed: unhealed.length });
    yield* elements;
    left = unhealed;
    if (left.length === 0) return;
    peers = left.map(({ peer }): PeerId => peer.id);
  }
  for (const message of namesOf(left)) report({ type: 'warning', message });
}

function told<T>(
  outcome: Outcome<T>,
  report: (report: RipestatReport) => void,
): outcome is Extract<Outcome<T>, { ok: true }> {
  if (!outcome.ok) {
    report({ type: 'failed', message: outcome.fault.message });
    return false;
  }
  for (const message of outcome.warnings) report({ type: 'warning', message });
  return true;
}
