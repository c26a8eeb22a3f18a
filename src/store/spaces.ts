import type { Space, StateRecord } from '../state/record.ts';

/** Spaces beside the engine's that are worth carrying to another store: programs at work are not. */
export const KEPT_BESIDE = [
  'readers',
  'webhooks/endpoints',
  'webhooks/queue',
  'webhooks/asked',
  'webhooks/log',
  'webhooks/dead',
] as const satisfies readonly Space[];

const SPACE =
  /^(?:(?:routes|visibility-log|history|past-incidents)\/[^/\0]+\/ipv[46]|voters|verdicts|incidents|reachability|engine)$/;

/** Spaces of what was seen over time, of every view that the verdicts name. */
export function historySpaces(records: readonly StateRecord[]): readonly Space[] {
  const subjects = records.filter(({ space }) => space === 'verdicts').map(({ key }) => key as `${string}/ipv4`);
  return subjects
    .toSorted(compareKeys)
    .flatMap((subject) => [`history/${subject}`, `past-incidents/${subject}`] as const);
}

/** Whether a text names a space that is carried from store to store. */
export function isCarriedSpace(text: string): text is Space {
  return SPACE.test(text) || KEPT_BESIDE.some((space) => space === text);
}

/** The order in which records of a space are read: that of JavaScript's strings, in every store. */
export function compareKeys(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

/** The id at which a reader stands, of the record it wrote in `readers`; `undefined` when it tells none. */
export function readerPosition(value: string): string | undefined {
  try {
    const id: unknown = JSON.parse(value);
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

/** Records in an order that is the same whichever store they come from. */
export function byPlace(a: StateRecord, b: StateRecord): number {
  return compareKeys(a.space, b.space) || compareKeys(a.key, b.key);
}
