import type { DecodeProblem } from '../decode/decoded.ts';
import type { ProblemCount, TypeCount } from './report.ts';
import { isKnownType, typeName } from '../record/record-types.ts';

/** More distinct reasons than this are counted together, because the text of a reason may contain input. */
const MAX_REASONS = 256;

/** Counts decode problems by reason. */
export class ProblemTally {
  readonly #counts = new Map<string, { -readonly [K in keyof ProblemCount]: ProblemCount[K] }>();

  /** Counts one problem, and returns the number of its kind so far. */
  add({ treatment, reason }: Pick<DecodeProblem, 'treatment' | 'reason'>, count = 1): number {
    const known = this.#counts.has(`${treatment} ${reason}`) || this.#counts.size < MAX_REASONS;
    const key = known ? `${treatment} ${reason}` : 'others';
    const entry = this.#counts.get(key) ?? { treatment, reason: known ? reason : 'other reasons', count: 0 };
    this.#counts.set(key, entry);
    entry.count += count;
    return entry.count;
  }

  /** The most common first. */
  get counts(): readonly ProblemCount[] {
    return [...this.#counts.values()].sort((a, b) => b.count - a.count);
  }
}

/** From the threes that a scan counts in: type, subtype, records. */
export function typeCounts(threes: Float64Array): readonly TypeCount[] {
  const counts: TypeCount[] = [];
  for (let i = 0; i + 2 < threes.length; i += 3) {
    const [type = 0, subtype = 0, count = 0] = threes.subarray(i, i + 3);
    counts.push({ name: typeName(type, subtype), type, subtype, count, isKnown: isKnownType(type, subtype) });
  }
  return counts.sort((a, b) => b.count - a.count || a.type - b.type || a.subtype - b.subtype);
}
