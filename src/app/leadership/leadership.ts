import type { Clock, Lease, Leases } from '../../ports.ts';

/** Time to live of a lease: without renewal for this long, another process may take it. Milliseconds. */
const TTL_MS = 6_000;
/** How often a lease is renewed: two renewals may fail before it is lost. Milliseconds. */
const RENEW_MS = 2_000;
/** How often a standby asks for the lease. Milliseconds. */
const ASK_MS = 1_000;
/**
 * A standby leads at the latest this long after a leader died: the lease has run out, the standby has asked, and read the
 * state. The documents say "within ten seconds", and `npm run torture:leader` measures it.
 */
export const TAKEOVER_MS = 10_000;

/** One period of leading. */
export interface Leadership {
  /**
   * Fencing token for writes. It changes when the lease had expired and no other process had taken it. `undefined`
   * where no other process can write.
   */
  readonly token: () => number | undefined;
  /**
   * Call when a write was refused because of its token. Returns whether this process still leads, under a newer token
   * of its own that the write did not use yet. Rejects when the store does not answer.
   */
  readonly stillLeads: () => Promise<boolean>;
  /** Aborts when another process leads. Until we notice that, the token prevents our writes. */
  readonly over: AbortSignal;
  /** Releases the lease, so that another process may lead at once. */
  end(): Promise<void>;
}

/** What leading needs. */
export interface LeadershipOptions {
  readonly leases: Leases;
  /** Name of this process. It must be unique among the processes. */
  readonly holder: string;
  readonly clock: Clock;
  /** Receives messages for the log. */
  readonly report: (report: LeadershipReport) => void;
  /**
   * Called when a lease vanished before its time: whether the store still has every commit that we know of. If not, the
   * store was emptied or set back. The old leader has the lost data in memory, and gets the rest of its lease to write
   * it again. By default: true.
   */
  readonly isWhole?: () => Promise<boolean>;
}

/** What happened to the leadership, for the log. */
export type LeadershipReport =
  | { readonly type: 'waiting'; readonly behind: string | undefined }
  | { readonly type: 'leading'; readonly token: number }
  | { readonly type: 'lost' }
  | { readonly type: 'away'; readonly error: unknown };

/** Waits until this process leads; `undefined`: `signal` aborted before. */
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
    // The lease expired. We may take it again if no other process led since: the check of batch numbers ensures that.
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
        // The store does not answer; that holds for all processes. The writer notices it and reports it.
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

/** The leadership of a process that cannot have rivals. */
export const ALONE: Leadership = {
  token: () => undefined,
  stillLeads: () => Promise.resolve(true),
  over: new AbortController().signal,
  end: () => Promise.resolve(),
};
