import { DAY_MS, MINUTE_MS, type EventTime } from '../bgp/time.ts';
import type { StateStore } from '../ports.ts';
import type { Space } from '../spaces.ts';
import { beginOf, beginOfMonth } from './calendar.ts';
import { Chunk, LEVELS, parseOpen } from './chunk.ts';
import { exactKey, parseExact, type ExactLook } from './exact.ts';
import { OPEN_KEY, type OpenBuckets } from './roll-up.ts';
import { beginKey, changesKey, type StoredSight } from './sight-log.ts';
import { parseChanges } from './sight.ts';
import { verdictsKey, type VerdictTurn } from './verdict-log.ts';
import type { ParsedRecords } from './parsed-records.ts';
import { parseHours } from './stored-hours.ts';
import { inBatches } from '../lib/batches.ts';

/** The recorded territory: its name, its time zone if it has one, its networks in address order. */
export interface About {
  readonly name: string;
  readonly timeZone?: string;
  readonly networks: readonly string[];
  /** Since when it has these networks; `undefined`: always. Older records have others in the same positions. */
  readonly networksSince?: EventTime | undefined;
}

/** The stored records from which one history continues. */
export interface Stored {
  readonly open: OpenBuckets;
  readonly sight: StoredSight;
  readonly turns: readonly VerdictTurn[];
  readonly storedHours: readonly number[];
  readonly exact: { readonly at: EventTime; looks: ExactLook[] } | undefined;
  readonly about: string | undefined;
}

/** The part of a store that readers of the history need. */
export interface Reader extends Pick<StateStore, 'read'> {
  /** A server that answers many questions has one; without it each record is parsed each time. */
  readonly parsed?: ParsedRecords;
  /** Long work calls it now and then, so that other work of the process can go on. */
  readonly breathe?: () => Promise<unknown>;
}

/** The records of one history with these keys; missing ones are left out. */
export async function readKeys(
  reader: Reader,
  space: Space,
  keys: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  const found = new Map<string, string>();
  for (const some of inBatches(keys, MOST_KEYS))
    for (const { key, value } of await reader.read(space, some)) found.set(key, value);
  return found;
}

/** Keys that one call asks for. */
const MOST_KEYS = 400;

/** Reads the records from which a history continues; `undefined`: there are none. */
export async function readStored(reader: Reader, space: Space): Promise<Stored | undefined> {
  const first = await readKeys(reader, space, [OPEN_KEY, 'kept', 'about']);
  const openText = first.get(OPEN_KEY);
  if (openText === undefined) return undefined;
  const minute = parseOpen(openText);
  const month = beginOfMonth(minute.at);
  const months = [beginOfMonth(month - 1), month].map(verdictsKey);
  const at = beginOf(minute.at, MINUTE_MS);
  const keys = [
    ...LEVELS.map((level) => level.key(level.begin(at))),
    changesKey(at),
    beginKey(at),
    exactKey(at),
    ...months,
  ];
  const found = await readKeys(reader, space, keys);
  const parsed = <T>(key: string, parse: (text: string) => T): T | undefined => {
    const text = found.get(key);
    return text === undefined ? undefined : parse(text);
  };
  const hours = first.get('kept');
  const looks = parsed(exactKey(at), (text) => parseExact(at, text));
  return {
    open: {
      minute,
      chunks: LEVELS.flatMap(
        (level) => parsed(level.key(level.begin(at)), (text) => Chunk.parse(level, at, text)) ?? [],
      ),
    },
    sight: {
      minute: { at, changes: parsed(changesKey(at), (text) => parseChanges(at, text)) ?? [] },
      day: found.has(beginKey(at)) ? beginOf(at, DAY_MS) : undefined,
    },
    turns: months.flatMap((key) => parsed(key, (text) => JSON.parse(text) as VerdictTurn[]) ?? []),
    storedHours: hours === undefined ? [] : parseHours(hours),
    exact: looks && { at, looks },
    about: first.get('about'),
  };
}
