import type { Asn } from '../../src/bgp/asn.ts';
import { DAY_MS, MINUTE_MS, type EventTime } from '../../src/bgp/time.ts';
import type { Bucket } from '../../src/history/bucket.ts';
import { Chunk, LEVELS, openText } from '../../src/history/chunk.ts';
import type { StateStore } from '../../src/ports.ts';
import { UNITS } from '../../test/support/day.ts';

const SUBJECT = 'KP/ipv4';
const DAYS = LEVELS[2];
/** The ten years end today. */
export const UNTIL = Math.floor(Date.now() / DAY_MS) * DAY_MS;
export const FROM = UNTIL - 3_652 * DAY_MS;

/** Writes ten years of days of a territory of four networks, and its present verdict. */
export async function writeTenYears(store: StateStore): Promise<void> {
  const space = `history/${SUBJECT}` as const;
  const chunks = new Map<number, Chunk>();
  for (let at = FROM; at < UNTIL; at += DAY_MS) {
    const begin = DAYS.begin(at);
    const chunk = chunks.get(begin) ?? new Chunk(DAYS, at as EventTime);
    chunks.set(begin, chunk);
    chunk.put(dayAt(at));
  }
  const networks = UNITS.map((unit) => ({ unit, share: 1, isBaseline: true }));
  const seen = { witnesses: 60, seeing: 60, seeingNothing: 0, unitsVisible: 4, units: 4 };
  const visibility = { share: 1, of: 'full-feed', voters: 60, ...seen };
  const verdict = { verdict: 'routable', since: new Date(FROM).toISOString(), visibility, units: networks };
  const about = { name: 'North Korea', timeZone: 'Asia/Pyongyang', networks: UNITS };
  await store.write([
    ...[...chunks.values()].map((chunk) => ({ space, key: chunk.key, value: chunk.text() })),
    { space, key: 'open', value: openText({ ...dayAt(UNTIL - MINUTE_MS), knownMs: MINUTE_MS }) },
    { space, key: 'about', value: JSON.stringify(about) },
    { space: 'verdicts', key: SUBJECT, value: JSON.stringify(verdict) },
  ]);
}

/** A day with noise: no two are alike. */
function dayAt(at: number): Bucket {
  const part = (n: number): number => 10_000 - ((Math.floor(at / DAY_MS) * (n + 7)) % 40);
  return {
    at: at as EventTime,
    ...{ knownMs: DAY_MS, blindMs: 0, voters: 60, collectors: 2 },
    share: { mean: part(0), lowest: part(1) - 5_000, highest: 10_000, last: part(2) },
    units: UNITS.map((_, i) => [part(i), part(i + 3) - 4_000]),
    upstreams: [4837, 20485, 9304].map((asn, i) => [asn as Asn, 3_000 - (part(i) % 100)] as const),
    ...{ announced: 1_000 + (part(5) % 500), withdrawn: part(6) % 300 },
  };
}
