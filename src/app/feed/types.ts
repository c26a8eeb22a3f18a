import type { LiveSource } from '../../../streams/ris-live/source.ts';
import type { Collector } from '../../bgp/peer.ts';
import type { Prefix } from '../../bgp/prefix.ts';
import type { EventTime } from '../../bgp/time.ts';
import type { OpenGap } from '../../engine.ts';
import type { Clock, ElementSource } from '../../ports.ts';
import type { Territory } from '../../territory/territory.ts';
import type { Logger } from '../log.ts';

/** Where the first table comes from: RIPEstat, MRT files, or nowhere. */
export type Seed = { readonly from: 'ripestat' | 'none' } | { readonly from: 'mrt'; readonly paths: readonly string[] };

/** The source that heals gaps. */
export type Healer = 'ripestat' | 'none';

/** The options of a live feed. */
export interface FeedOptions {
  readonly url: string | undefined;
  readonly collectors: readonly Collector[] | undefined;
  readonly seed: Seed;
  /** @default `usualHealer` */
  readonly heal?: Healer | undefined;
  /** Whether the server plays a recording: the recording sets the time, and the feed ends with it. */
  readonly isHistory: boolean;
  readonly ripestat: string | undefined;
  readonly territories: readonly Territory[];
  readonly control: Territory | undefined;
  readonly clock: Clock;
  readonly log: Logger;
}

/**
 * RIPEstat by default. None with played history, for which RIPEstat's present data is useless, and none with `--seed
 * none`.
 */
export function usualHealer({ seed, isHistory }: Pick<FeedOptions, 'seed' | 'isHistory'>): Healer {
  return isHistory || seed.from === 'none' ? 'none' : 'ripestat';
}

/** Facts about the feed that are set as it begins. */
export interface Begun {
  /** Event time from which the live feed is complete. */
  at?: EventTime;
  /** The latest event time received. */
  latest?: EventTime;
  /** Prefixes that the seed found, covering routes among them. */
  prefixes?: readonly Prefix[];
  /** The first seed from RIPEstat has ended and gave no peer a vote. */
  hasSeedFailed?: boolean;
  /** The seed gave at least one peer a vote. */
  isSeeded?: boolean;
  /** Collectors without data since the last stop. */
  missed?: readonly Collector[];
}

/** The part of the stored state from which the feed continues. */
export interface Resumption {
  /** Event time up to which everything was decided. */
  readonly cursor: EventTime;
  /** Collectors with stored routes or peers. */
  readonly collectors: readonly Collector[];
  /** Prefixes with stored routes, including covering ones. */
  readonly prefixes: readonly Prefix[];
}

/** A live feed with its first table and its healing. */
export interface Feed {
  readonly live: LiveSource;
  /** Starts to receive and buffer now. A second call does nothing. */
  listen(signal: AbortSignal): void;
  /** Drops elements before this time: the leader has decided them. */
  forget(before: EventTime): void;
  /** The feed for a new engine, or for one that continues from the stored state. The time since that state is a gap. */
  source(from: Resumption | undefined): ElementSource;
  /** Call with the engine's open gaps after each decision, so that they are healed. */
  note(gaps: readonly OpenGap[]): void;
}
