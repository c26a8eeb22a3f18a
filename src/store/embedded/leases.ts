import type { Clock, Lease, Leases } from '../../ports.ts';
import type { FolderDatabase } from './database.ts';
import { fenceOf, LEASE, raiseFence } from './meta.ts';

/** The record of a lease. */
interface Written extends Lease {
  readonly ttlMs: number;
  /** Counts renewals, so that others see that the holder is alive. */
  readonly beat: number;
  /** The holder's wall clock at the write. */
  readonly wallMs: number;
}

/**
 * Leases among processes of one machine. Each process measures with its own monotonic clock from when it first saw a
 * beat. Wall clocks may step; they only show how old a beat was when first seen. A step can thus shorten one wait, or
 * lengthen it by one time to live at most. Tokens, not clocks, keep a late holder from writing.
 */
// oxlint-disable-next-line max-lines-per-function -- one short method an operation of the port
export function folderLeases(database: FolderDatabase, clock: Clock): Leases {
  const { meta } = database;
  let seen: { readonly token: number; readonly beat: number; readonly untilMs: number } | undefined;

  function running(): (Written & { readonly leftMs: number }) | undefined {
    const text = meta.get(LEASE);
    if (text === undefined) return undefined;
    const written = JSON.parse(text) as Written;
    if (seen?.token !== written.token || seen.beat !== written.beat) {
      const leftMs = Math.min(written.ttlMs, Math.max(0, written.wallMs + written.ttlMs - clock.wallMs()));
      seen = { token: written.token, beat: written.beat, untilMs: clock.monotonicMs() + leftMs };
    }
    const leftMs = seen.untilMs - clock.monotonicMs();
    return leftMs > 0 ? { ...written, leftMs } : undefined;
  }

  function put({ token, holder }: Lease, beat: number, ttlMs: number): void {
    const written: Written = { token, holder, ttlMs, beat, wallMs: clock.wallMs() };
    meta.putSync(LEASE, JSON.stringify(written));
    seen = { token, beat, untilMs: clock.monotonicMs() + ttlMs };
  }

  return {
    acquire: (holder, ttlMs) =>
      database.write(0, () => {
        const current = running();
        if (current !== undefined && current.holder !== holder) return undefined;
        const fence = fenceOf(meta);
        const token = current !== undefined && current.token >= fence ? current.token : fence + 1;
        raiseFence(meta, token);
        put({ token, holder }, (current?.beat ?? 0) + 1, ttlMs);
        return { token, holder };
      }),

    renew: (lease, ttlMs) =>
      database.write(0, () => {
        const current = running();
        if (current?.token !== lease.token || lease.token < fenceOf(meta)) return false;
        put(current, current.beat + 1, ttlMs);
        return true;
      }),

    release: (lease) =>
      database.write(0, () => {
        if (running()?.token === lease.token) meta.removeSync(LEASE);
      }),

    holder: async () =>
      database.read(() => {
        const current = running();
        return current && { token: current.token, holder: current.holder, leftMs: current.leftMs };
      }),
  };
}
