import { DAY_MS, HOUR_MS, MINUTE_MS, type EventTime } from '../bgp/time.ts';
import type { Space } from '../spaces.ts';
import { merged, type Bucket, type TimelineBucket } from './bucket.ts';
import { beginOf, beginOfMonth, minutesOf, nextMonth } from './calendar.ts';
import { Chunk, LEVELS, parseOpen, type Level } from './chunk.ts';
import { exactKey, parseExact, type ExactLook } from './exact.ts';
import { OPEN_KEY } from './roll-up.ts';
import { readKeys, type About, type Reader } from './stored.ts';
import { verdictsKey, type VerdictTurn } from './verdict-log.ts';

/** A time range: `from` is part of it, `until` is not. */
export interface Range {
  readonly from: EventTime;
  readonly until: EventTime;
}

/** The length of a bucket, by name. */
export type Resolution = Level['name'];

/** The resolution that gives a range at most a few thousand points. */
export function resolutionFor({ from, until }: Range): Resolution {
  const ms = until - from;
  if (ms <= 2 * DAY_MS) return 'minute';
  return ms <= 100 * DAY_MS ? 'hour' : 'day';
}

/** Buckets of a range in order of time. Time without a recording has no bucket. */
export async function timeline(
  reader: Reader,
  subject: string,
  range: Range,
  resolution: Resolution = resolutionFor(range),
): Promise<readonly TimelineBucket[]> {
  const depth = LEVELS.findIndex(({ name }) => name === resolution);
  const found = new Map<EventTime, TimelineBucket>();
  // From the widest level that may replace this one to the finest one that is not rolled up yet.
  if (depth === 0) for (const one of await bucketsOf(reader, subject, LEVELS[1], range)) found.set(one.at, one);
  const own = await bucketsOf(reader, subject, LEVELS[depth] ?? LEVELS[0], range);
  if (depth === 0) for (const { at } of own) if (at % HOUR_MS !== 0) found.delete(beginOf(at, HOUR_MS));
  for (const one of own) found.set(one.at, one);
  for (const one of await unfinished(reader, subject, depth))
    if (one.at + one.widthMs > range.from && one.at < range.until) found.set(one.at, one);
  return [...found.values()].sort((a, b) => a.at - b.at);
}

/** Buckets of this width for the time that has no record of this level yet. */
async function unfinished(reader: Reader, subject: string, depth: number): Promise<readonly TimelineBucket[]> {
  const space = spaceOf(subject);
  const text = (await readKeys(reader, space, [OPEN_KEY])).get(OPEN_KEY);
  if (text === undefined) return [];
  const minute = parseOpen(text);
  const parts: Bucket[] = [minute];
  for (const level of LEVELS.slice(0, depth)) {
    const key = level.key(level.begin(minute.at));
    const record = (await readKeys(reader, space, [key])).get(key);
    if (record !== undefined) parts.push(...Chunk.parse(level, minute.at, record).buckets.values());
  }
  const { widthMs } = LEVELS[depth] ?? LEVELS[0];
  const byBegin = new Map<EventTime, Bucket>();
  for (const part of parts.sort((a, b) => a.at - b.at)) {
    const at = beginOf(part.at, widthMs);
    const before = byBegin.get(at);
    byBegin.set(at, before === undefined ? { ...part, at } : merged(before, part));
  }
  return [...byBegin.values()].map((bucket) => widened(bucket, widthMs));
}

async function bucketsOf(reader: Reader, subject: string, level: Level, range: Range): Promise<TimelineBucket[]> {
  const begins: EventTime[] = [];
  const step = level.widthMs * level.size;
  for (let at = level.begin(range.from); at < range.until; at = level.begin(at + step)) begins.push(at);
  const found = await readKeys(
    reader,
    spaceOf(subject),
    begins.map((at) => level.key(at)),
  );
  const all: TimelineBucket[] = [];
  let parsed = 0;
  for (const begin of begins) {
    const text = found.get(level.key(begin));
    if (text === undefined) continue;
    const parse = (): TimelineBucket[] => {
      parsed += level.size;
      return [...Chunk.parse(level, begin, text).buckets.values()].map((bucket) => widened(bucket, level.widthMs));
    };
    const buckets = reader.parsed?.bucketsOf(`${subject} ${level.key(begin)}`, text, parse) ?? parse();
    for (const one of buckets) if (one.at + level.widthMs > range.from && one.at < range.until) all.push(one);
    if (parsed < AT_ONCE) continue;
    parsed = 0;
    await reader.breathe?.();
  }
  return all;
}

/** After this many buckets, about two milliseconds, it yields to other work of the process. */
const AT_ONCE = 1_000;

/** A bucket with its length; field by field, as a spread takes several times as long. */
function widened(bucket: Bucket, widthMs: number): TimelineBucket {
  return {
    at: bucket.at,
    widthMs,
    knownMs: bucket.knownMs,
    blindMs: bucket.blindMs,
    share: bucket.share,
    voters: bucket.voters,
    collectors: bucket.collectors,
    units: bucket.units,
    upstreams: bucket.upstreams,
    announced: bucket.announced,
    withdrawn: bucket.withdrawn,
  };
}

/** The changes in a range, to the second. The first one is the state at its start, where that is recorded. */
export async function exactLooks(reader: Reader, subject: string, range: Range): Promise<readonly ExactLook[]> {
  const minutes = minutesOf({ from: (range.from - HOUR_MS) as EventTime, until: range.until });
  const found = await readKeys(reader, spaceOf(subject), minutes.map(exactKey));
  const looks = minutes.flatMap((minute) => {
    const text = found.get(exactKey(minute));
    return text === undefined ? [] : parseExact(minute, text);
  });
  const before = looks.findLast(({ at }) => at < range.from) ?? (await heldAt(reader, subject, range.from));
  const within = looks.filter(({ at }) => at >= range.from && at < range.until);
  return before === undefined ? within : [before, ...within];
}

/** The state at a moment, from the minute before it: used when nothing changed in the hour before. */
async function heldAt(reader: Reader, subject: string, at: EventTime): Promise<ExactLook | undefined> {
  const from = (beginOf(at, MINUTE_MS) - MINUTE_MS) as EventTime;
  const last = (await timeline(reader, subject, { from, until: at }, 'minute')).at(-1);
  if (last === undefined || last.widthMs > MINUTE_MS || last.at >= at) return undefined;
  const { share, voters, collectors, units } = last;
  return {
    ...{ at: last.at, isBlind: share === undefined, share: share?.last ?? 0, voters, collectors },
    units: units.map(([unit]) => unit),
  };
}

/**
 * The verdicts of a range by `since`. The first one is the verdict at its start, if one is recorded; it may have begun
 * long before. `off`: the program did not run.
 */
export async function verdictTurns(reader: Reader, subject: string, range: Range): Promise<readonly VerdictTurn[]> {
  const months: EventTime[] = [];
  for (let at = monthBefore(range.from); at < range.until; at = nextMonth(at)) months.push(at);
  const distinct = (await turnsOf(reader, subject, months)).filter(([, stage], i, all) => all[i - 1]?.[1] !== stage);
  const before = distinct.findLast(([since]) => since <= range.from);
  const within = distinct.filter(([since]) => since > range.from && since < range.until);
  return before === undefined ? within : [await begun(reader, subject, before), ...within];
}

/** The same verdict with its true start: each month repeats the verdict at its start. */
async function begun(reader: Reader, subject: string, [since, stage]: VerdictTurn): Promise<VerdictTurn> {
  let first = since;
  while (first === beginOfMonth(first)) {
    const months: EventTime[] = [];
    for (let at = monthBefore(first); months.length < MONTHS_AT_ONCE; at = monthBefore(at)) months.unshift(at);
    const turns = await turnsOf(reader, subject, months);
    const other = turns.findLastIndex(([, one]) => one !== stage);
    const same = turns[other + 1];
    if (same === undefined) break;
    first = same[0];
    if (other >= 0) break;
  }
  return [first, stage];
}

const MONTHS_AT_ONCE = 24;

async function turnsOf(reader: Reader, subject: string, months: readonly EventTime[]): Promise<VerdictTurn[]> {
  const found = await readKeys(reader, spaceOf(subject), months.map(verdictsKey));
  return months.flatMap((month) => JSON.parse(found.get(verdictsKey(month)) ?? '[]') as VerdictTurn[]);
}

function monthBefore(at: EventTime): EventTime {
  return beginOfMonth(beginOfMonth(at) - 1);
}

/** The space of the history of a territory and family, such as `KP/ipv4`. */
export function spaceOf(subject: string): Space {
  return `history/${subject}` as Space;
}

/** The description of a recorded territory and family; `undefined` when nothing is recorded. */
export async function aboutOf(reader: Reader, subject: string): Promise<About | undefined> {
  const text = (await readKeys(reader, spaceOf(subject), ['about'])).get('about');
  return text === undefined ? undefined : (JSON.parse(text) as About);
}

/** The start of the last recorded minute, and when recording began, as far as the records of years show it. */
export async function lastRecorded(reader: Reader, subject: string): Promise<EventTime | undefined> {
  const text = (await readKeys(reader, spaceOf(subject), [OPEN_KEY])).get(OPEN_KEY);
  return text === undefined ? undefined : parseOpen(text).at;
}
