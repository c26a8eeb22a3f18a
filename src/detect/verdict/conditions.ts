import type { EventTime } from '../../bgp/time.ts';
import type { Policy } from '../../policy/policy.ts';

/** `Visible.area` at the start of each condition. The mean since then is the difference of areas by the time. */
export type Areas = { readonly [Name in Followed]?: number };

/** Conditions whose mean decides whether they last. */
export type Followed = 'lowSince' | 'dipSince' | 'clearSince' | 'upSince';

/** The parts of a sample that conditions need. */
interface Visible {
  readonly at: EventTime;
  readonly share: number;
  readonly witnesses: number;
  /** Sum of visibility times milliseconds up to this moment. Without it a condition must hold without interruption. */
  readonly area?: number | undefined;
}

/** Since when each condition has lasted; absent: it is not met. */
export type LastingSince = { readonly [Name in Followed]?: EventTime } & { readonly areas?: Areas };

/** The conditions after one more sample: each begins, lasts or ends. */
export function follow(state: LastingSince, names: readonly Followed[], sample: Visible, policy: Policy): LastingSince {
  const found: { [Name in Followed]?: EventTime } = {};
  const areas: { [Name in Followed]?: number } = {};
  for (const name of names) {
    const before = state[name];
    const area = state.areas?.[name];
    if (before !== undefined && isLasting({ name, since: before, area }, sample, policy)) {
      found[name] = before;
      if (area !== undefined) areas[name] = area;
    } else if (isMet(name, sample.share, policy)) {
      found[name] = sample.at;
      if (sample.area !== undefined) areas[name] = sample.area;
    }
  }
  return Object.keys(areas).length === 0 ? found : { ...found, areas };
}

interface Lasting {
  readonly name: Followed;
  readonly since: EventTime;
  readonly area: number | undefined;
}

/**
 * A condition lasts although the share misses its threshold by up to one voter, as long as the mean meets it. With few
 * voters each one is a large part of the share. A share that would end a verdict ends the condition at once.
 */
function isLasting({ name, since, area }: Lasting, sample: Visible, policy: Policy): boolean {
  const { share, witnesses, at } = sample;
  if (isMet(name, share, policy)) return area === undefined || isMeanMet({ name, since, area }, sample, policy);
  if (area === undefined || at <= since || isOver(name, share, policy)) return false;
  const nearer = IS_BELOW[name] ? share - 1 / witnesses : share + 1 / witnesses;
  return isMet(name, nearer, policy) && isMeanMet({ name, since, area }, sample, policy);
}

function isMeanMet({ name, since, area }: Lasting, { at, area: now }: Visible, policy: Policy): boolean {
  if (area === undefined || now === undefined || at <= since) return true;
  const mean = (now - area) / (at - since);
  return isMet(name, IS_BELOW[name] ? mean - ROUNDING : mean + ROUNDING, policy);
}

/** Tolerance for the rounding of sums in a mean: far less than one voter. */
const ROUNDING = 1e-6;

const IS_BELOW: Readonly<Record<Followed, boolean>> = {
  lowSince: true,
  dipSince: true,
  clearSince: false,
  upSince: false,
};

function isMet(name: Followed, share: number, policy: Policy): boolean {
  switch (name) {
    case 'lowSince':
      return share < policy.unroutableBelow;
    case 'dipSince':
      return share < policy.degradedBelow;
    case 'clearSince':
      return share >= policy.recoveredAt;
    case 'upSince':
      return share >= policy.restoredAt;
  }
}

/** Whether the share is so high, or so low, that it would end a verdict. */
function isOver(name: Followed, share: number, policy: Policy): boolean {
  switch (name) {
    case 'lowSince':
      return share >= policy.restoredAt;
    case 'dipSince':
      return share >= policy.recoveredAt;
    case 'clearSince':
      return share < policy.degradedBelow;
    case 'upSince':
      return share < policy.unroutableBelow;
  }
}

/** One of the conditions, without the others. */
export function only({ areas, ...found }: LastingSince, name: Followed): LastingSince {
  const area = areas?.[name];
  return { ...some({ [name]: found[name] }), ...(area === undefined ? {} : { areas: { [name]: area } }) };
}

/** The areas of the conditions that last; `undefined`: there are none. */
export function areasOf(areas: Areas | undefined, lasting: { readonly [Name in Followed]?: EventTime | undefined }) {
  const names = (Object.keys(lasting) as Followed[]).filter((name) => lasting[name] !== undefined);
  const found = Object.fromEntries(
    names.flatMap((name) => (areas?.[name] === undefined ? [] : [[name, areas[name]]])),
  ) as Areas;
  return Object.keys(found).length === 0 ? undefined : found;
}

/** Whether a condition that began at `since` has lasted `ms` milliseconds by `at`. */
export function lasted(since: EventTime | undefined, at: EventTime, ms: number): since is EventTime {
  return since !== undefined && at - since >= ms;
}

type Some<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields without those that are `undefined`: a state has only the fields that mean something in it. */
export function some<T extends Record<string, unknown>>(fields: T): Some<T> {
  const there: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) there[name] = fields[name];
  return there as Some<T>;
}
