/** The messages between the three processes of `bench:live`. All times are wall milliseconds of this one machine. */

/** So many messages a second for so long, each due at its own time; `unpaced`: as many as are read. */
export interface Phase {
  readonly rate: number | 'unpaced';
  readonly seconds: number;
}

export type ToFeeder = { readonly type: 'play'; readonly phases: readonly Phase[] } | { readonly type: 'stop' };

export type FromFeeder =
  | { readonly type: 'listening'; readonly port: number }
  | { readonly type: 'begun'; readonly atMs: number }
  | { readonly type: 'ended'; readonly sent: Sent };

/** What a client must have received, if it received everything. */
export interface Sent {
  readonly messages: number;
  readonly bytes: number;
  /** Routes of watched blocks, control anchors among them. */
  readonly watched: number;
  /** Routes that concern nothing watched. */
  readonly others: number;
  /** Routes of the beacon, which the client receives and does not pass on. */
  readonly beacon: number;
  /** Messages that were due and not yet taken by the client's socket, at most. */
  readonly mostBehind: number;
  readonly mostBehindBytes: number;
}

export type ToReceiver =
  | { readonly type: 'watch'; readonly url: string; readonly reorderMs: number; readonly isServing: boolean }
  /** Lag is that of messages stamped from `fromMs` until `untilMs`. */
  | { readonly type: 'measure'; readonly fromMs: number; readonly untilMs: number }
  | { readonly type: 'report' }
  | { readonly type: 'stop' };

export type FromReceiver =
  | { readonly type: 'subscribed' }
  /** HTTP is served at this address. */
  | { readonly type: 'serving'; readonly url: string }
  | ({ readonly type: 'sample' } & Sample)
  | { readonly type: 'report'; readonly received: Received };

export interface Sample {
  readonly atMs: number;
  readonly messages: number;
  /** Median of the last 256 messages, from their stamp to their decoding. */
  readonly lagMs: number;
  /** Resident memory, bytes. */
  readonly rss: number;
  /** Seconds on the processors, all threads: the garbage collector's helpers too. */
  readonly cpu: number;
}

/** What came of it, since the client began. */
export interface Received {
  readonly messages: number;
  readonly applied: number;
  readonly leftOut: number;
  readonly gaps: number;
  /** Of the territory, in the end. */
  readonly voters: number;
  readonly events: number;
  /** The first of them, for people: a bench should report none. */
  readonly reported: readonly string[];
  readonly odd: Readonly<Record<string, number>>;
  /** From the stamp to the element out of the engine, less what the client holds messages to put them in order. */
  readonly lag: { readonly count: number; readonly p50: number; readonly p99: number; readonly max: number };
}

/** Milliseconds between samples. */
export const SAMPLE_MS = 200;
