import type { Asn } from '../bgp/asn.ts';
import type { EventTime } from '../bgp/time.ts';
import type { FormerVoter } from './territory-view-snapshot.ts';

/** ASes that lost their last vote, in the order in which they did. */
export class FormerVoters {
  readonly #byAsn = new Map<Asn, FormerVoter>();

  get(asn: Asn): FormerVoter | undefined {
    return this.#byAsn.get(asn);
  }

  add(former: FormerVoter): void {
    this.#byAsn.set(former.asn, former);
  }

  remove(asn: Asn): void {
    this.#byAsn.delete(asn);
  }

  all(): readonly FormerVoter[] {
    return [...this.#byAsn.values()];
  }

  /** When the first of these lost its vote. */
  get since(): EventTime | undefined {
    return this.#byAsn.values().next().value?.at;
  }

  /** Forgets those that lost their vote at `before` or earlier. @returns their AS numbers. */
  forget(before: EventTime): readonly Asn[] {
    const gone = this.all().filter(({ at }) => at <= before);
    for (const { asn } of gone) this.#byAsn.delete(asn);
    return gone.map(({ asn }) => asn);
  }

  /** Number of these ASes whose messages may have been missed. */
  missed(isCounted: (asn: Asn) => boolean): number {
    let count = 0;
    for (const { asn, isMissed } of this.#byAsn.values()) if (isMissed && isCounted(asn)) count++;
    return count;
  }
}
