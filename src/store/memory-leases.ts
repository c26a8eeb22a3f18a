import type { Lease, Leases } from '../ports.ts';

/** The newest token so far. */
export class Fence {
  #newest = 0;

  /** Whether a write under this token is allowed. If so, older tokens are refused from now on. */
  admits(token: number | undefined): boolean {
    if (token === undefined) return true;
    if (token < this.#newest) return false;
    this.#newest = token;
    return true;
  }

  /** Whether a write under this token would be allowed. */
  isNewest(token: number): boolean {
    return token >= this.#newest;
  }

  next(): number {
    return ++this.#newest;
  }
}

/** Leases within one process. */
export function memoryLeases(fence: Fence, nowMs: () => number): Leases {
  let held: { readonly lease: Lease; readonly untilMs: number } | undefined;
  const running = (): typeof held => (held !== undefined && held.untilMs > nowMs() ? held : undefined);

  return {
    async acquire(holder, ttlMs) {
      const current = running()?.lease;
      if (current !== undefined && current.holder !== holder) return undefined;
      const lease = current !== undefined && fence.isNewest(current.token) ? current : { token: fence.next(), holder };
      held = { lease, untilMs: nowMs() + ttlMs };
      return lease;
    },

    async renew({ token }, ttlMs) {
      const current = running()?.lease;
      if (current?.token !== token || !fence.isNewest(token)) return false;
      held = { lease: current, untilMs: nowMs() + ttlMs };
      return true;
    },

    async release({ token }) {
      if (held?.lease.token === token) held = undefined;
    },

    async holder() {
      const current = running();
      return current && { ...current.lease, leftMs: current.untilMs - nowMs() };
    },
  };
}
