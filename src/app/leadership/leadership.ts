import type { Clock, Lease, Leases } from '../../ports.ts';

/** A lease that is not renewed for so long is another's to take. */
const TTL_MS = 6_000;
/** … is renewed so often: two renewals may fail before it is lost. */
const RENEW_MS = 2_000;
/** How often a standby asks for the lease. */
const ASK_MS = 1_000;
/**
 * A standby leads at the latest this long after a leader died: the lease has run out, the standby has asked, and read the
 * state. The documents say "within ten seconds", and `npm run torture:leader` measures it.
 */
export const TAKEOVER_MS = 10_000;

/** The time in which we lead. */
export interface Leadership {
  /**
   * Fencing token for writes. It changes when the lease had expired and no other process had taken it. `undefined`
   * where no other process can write.
   */
  readonly token: () => number | undefined;
  /**
   * Call when a write was refused for its token: whether this process still leads, under a newer token of its own.
   * It may have got that token without knowing it yet. Rejects when the store does not answer.
   */
  readonly stillLeads: () => Promise<boolean>;
  /** Aborts when another one leads. Until we notice, the token keeps us from writing. */
  readonly over: AbortSignal;
  /** Ends it so that another one may begin at once. */
  end(): Promise<void>;
}

/** What leading needs. */
export interface LeadershipOptions {
  readonly leases: Leases;
  /** Who asks: no two processes may have the same name. */
  readonly holder: string;
  readonly clock: Clock;
  /** Called with each word on it that is worth a log line. */
  readonly report: (report: LeadershipReport) => void;
  /**
   * Asked when a lease is gone before its time: whether what we know to have been kept is there still. If not, the store
   * was emptied or set back, and whoever led has in memory what it lost: it has the rest of its lease to write it again.
   * By default, it is there.
   */
  readonly isWhole?: () => Promise<boolean>;
}

/** What happened to the leadership, for the log. */
export type LeadershipReport =
  | { readonly type: 'waiting'; readonly behind: string | undefined }
  | { readonly type: 'leading'; readonly token: number }
  | { readonly type: 'lost' }
  | { readonly type: 'away'; readonly error: unknown };

/** Waits until it is our turn to lead; `undefined` when `signal` aborts before. */
export async function nextLeadership(
  options: LeadershipOptions,
  signal: AbortSignal,
  waiting: () => void | Promise<void> = () => undefined,
): Promise<Leadership | undefined> {
  const { leases, holder, clock, report, isWhole = () => Promise.resolve(true) } = options;
  let said: 'waiting' | 'away' | undefined;
  let heldUntilMs = 0;
  while (!signal.aborted) {
    try {
      const held = await leases.holder();
      const isEarly = held === undefined && clock.monotonicMs() < heldUntilMs;
      if (held !== undefined) heldUntilMs = clock.monotonicMs() + held.leftMs;
      if (!isEarly || (await isWhole())) {
        const lease = await leases.acquire(holder, TTL_MS);
        if (lease !== undefined) return begin(lease, options);
        if (said !== 'waiting') report({ type: 'waiting', behind: held?.holder ?? (await leases.holder())?.holder });
        said = 'waiting';
        await waiting();
      }
    } catch (error) {
      if (said !== 'away') report({ type: 'away', error });
      said = 'away';
    }
    await clock.sleep(ASK_MS, signal);
  }
  return undefined;
}

function begin(first: Lease, { leases, holder, clock, report }: LeadershipOptions): Leadership {
  let lease = first;
  const over = new AbortController();
  const ended = new AbortController();
  report({ type: 'leading', token: lease.token });

  const renew = async (): Promise<boolean> => {
    if (over.signal.aborted) return false;
    if (await leases.renew(lease, TTL_MS)) return true;
    // It ran out. If nobody led since, nothing was missed: whoever keeps batches sees to that.
    const next = await leases.acquire(holder, TTL_MS);
    if (next !== undefined) {
      lease = next;
      return true;
    }
    if (!over.signal.aborted) report({ type: 'lost' });
    over.abort();
    return false;
  };
  const renewing = (async () => {
    for (;;) {
      await clock.sleep(RENEW_MS, ended.signal);
      if (ended.signal.aborted) return;
      try {
        if (!(await renew())) return;
      } catch {
        // The store is away, for others as well. Whoever writes finds that out, and says so.
      }
    }
  })();

  return {
    token: () => lease.token,
    stillLeads: renew,
    over: over.signal,
    async end() {
      ended.abort();
      await renewing;
      if (!over.signal.aborted) await leases.release(lease).catch(() => undefined);
    },
  };
}

/** Where nobody else can lead. */
export const ALONE: Leadership = {
  token: () => undefined,
  stillLeads: () => Promise.resolve(true),
  over: new AbortController().signal,
  end: () => Promise.resolve(),
};
