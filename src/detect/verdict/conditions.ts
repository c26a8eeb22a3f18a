import type { EventTime } from '../../bgp/time.ts';
import type { Policy } from '../../policy/policy.ts';

/** Visibility times milliseconds when each condition began, as the sample counts it: what its mean is made of. */
export type Areas = { readonly [Name in Followed]?: number };

/** Conditions that last by their mean. */
export type Followed = 'lowSince' | 'dipSince' | 'clearSince' | 'upSince';

/** As much of a sample as conditions are made of. */
interface Visible {
  readonly at: EventTime;
  readonly share: number;
  readonly witnesses: number;
  /** Visibility times milliseconds up to this moment. Without it a condition must hold unbroken. */
  readonly area?: number | undefined;
}

/** Since when each condition lasts; absent when it is not so. */
export type Found = { readonly [Name in Followed]?: EventTime } & { readonly areas?: Areas };

/** These conditions after one more sample: begun, lasting, or over. */
export function follow(state: Found, names: readonly Followed[], sample: Visible, policy: Policy): Found {
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
 * Beyond the threshold by as much as one voter it may go, while the mean does not; but not so far that it is over. Of few
 * voters each one is a large part.
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

/** A mean of equal shares may differ from them by the rounding of sums: far less than any voter. */
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

/** Whether it is as high, or as low, as would end a verdict. */
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

/** Of what was found one condition alone. */
export function only({ areas, ...found }: Found, name: Followed): Found {
  const area = areas?.[name];
  return { ...some({ [name]: found[name] }), ...(area === undefined ? {} : { areas: { [name]: area } }) };
}

/** As much of the areas as belongs to conditions that last; `undefined` when that is none. */
export function areasOf(areas: Areas | undefined, lasting: { readonly [Name in Followed]?: EventTime | undefined }) {
  const names = (Object.keys(lasting) as Followed[]).filter((name) => lasting[name] !== undefined);
  const found = Object.fromEntries(
    names.flatMap((name) => (areas?.[name] === undefined ? [] : [[name, areas[name]]])),
  ) as Areas;
  return Object.keys(found).length === 0 ? undefined : found;
}

/** Whether what began then has lasted so long. */
export function lasted(since: EventTime | undefined, at: EventTime, ms: number): since is EventTime {
  return since !== undefined && at - since >= ms;
}

type Some<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The same without what is `undefined`: a field is there only in the state in which it says something. */
export function some<T extends Record<string, unknown>>(fields: T): Some<T> {
  const there: Partial<T> = {};
  for (const name in fields) if (fields[name] !== undefined) there[name] = fields[name];
  return there as Some<T>;
}
