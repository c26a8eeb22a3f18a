import { DAY_MS } from '../bgp/time.ts';

/** The longest duration a policy takes. Milliseconds. */
export const LONGEST_MS = 365 * DAY_MS;

/** What is wrong with the shares and durations of a policy, one sentence for each fault. */
export function rangeFaults<Key extends string>(
  values: Readonly<Record<Key, number>>,
  kinds: { readonly shares: readonly Key[]; readonly durations: readonly Key[] },
): readonly string[] {
  const isShare = (share: number): boolean => share > 0 && share <= 1;
  const isDuration = (ms: number): boolean => Number.isInteger(ms) && ms >= 0 && ms <= LONGEST_MS;
  return [
    ...kinds.shares
      .filter((name) => !isShare(values[name]))
      .map((name) => `${name} is ${values[name]}: a share lies above 0 and is at most 1`),
    ...kinds.durations
      .filter((name) => !isDuration(values[name]))
      .map((name) => `${name} is ${values[name]}: a duration is 0 to 365 days, in whole milliseconds`),
  ];
}
