import { parseCollector, type Collector } from '../../../src/bgp/peer.ts';
import { isInPacificTime, isUnsure, utcOfPacific } from './pacific.ts';

/** What a file holds: a table dump, or updates. */
export type FileKind = 'rib' | 'updates';

/** What the path of a file says about it. Names may be wrong or say nothing: then the first record decides. */
export interface NamedFile {
  readonly collector: Collector | undefined;
  readonly kind: FileKind | undefined;
  /** Milliseconds since 1970 at which it begins. */
  readonly start: number | undefined;
}

const RIB_NAME = /(?:^|[._-])(?:bview|ribs?\d?|view|table(?:-v2)?|dump)(?=[._-])/i;
const UPDATES_NAME = /(?:^|[._-])(?:updates?|upd)(?=[._-])/i;
const RIS = /(?:^|[/._-])(rrc\d{2})(?=[/._-])/i;
/** `route-views.sg`, and of hosts such as `route-views2.routeviews.org` and `route-views.oregon-ix.net` the first part. */
const ROUTE_VIEWS = /(?:^|[/.])(route-views\d?(?:\.(?!(?:routeviews|oregon-ix)\.)[a-z][a-z0-9-]*)?)(?=[/.]|$)/;
/** `archive.routeviews.org/decix.jhb/bgpdata/…`; Route Views' first collector has no folder of its own. */
const BGPDATA = /(?:^|\/)([a-z][a-z0-9-]*(?:\.[a-z0-9-]+)*)\/bgpdata\//;

/** `route-collector.fra.pch.net`: Packet Clearing House. */
const PCH = /(?:^|\/)(route-collector\.[a-z0-9-]+\.pch\.net)(?=[/._-])/;
/**
 * The folder above those of dates: Isolario's `Alderaan/2018_01/…`, Packet Clearing House's `NAME/2024/05/…`, dated
 * folders such as `fra1/2024-05-01/…` or `fra1/updates/2024/05/01/…`, and all who store files as RIS and Route Views
 * do.
 */
const ABOVE_DATES =
  /(?:^|\/)([A-Za-z][A-Za-z0-9._-]*)\/(?:(?:ribs?|bviews?|tables?|dumps?|updates?|mrt)\/)?(?:19|20)\d{2}[/._-]?\d{2}(?:[/._-]?\d{2})?\//i;
/** Names that folders above those of dates have, and no collector. */
const NOT_A_COLLECTOR = /^(?:ribs?|bviews?|tables?|dumps?|updates?|bgpdata|mrt|data|archive|incidents|local)$/i;

/** `20141222.1600`, `20141222T160000`; Packet Clearing House and others write `2014-12-22-16-00`. */
const DATE_TIME =
  /(?<!\d)((?:19|20)\d{2})(?:(\d{2})(\d{2})[.T_-]?(\d{2})(\d{2})(\d{2})?|[-_](\d{2})[-_](\d{2})[-_T](\d{2})[-_:](\d{2})(?:[-_:](\d{2}))?)(?!\d)/;
const EPOCH = /(?<!\d)(\d{9,10})(?!\d)/;
/** Go's example time, which GoBGP leaves in the names of its table dumps. */
const GO_LAYOUT = '20060102.150405';
/** Until then a folder of another name may be a copy of one of Route Views, whose names were in Pacific time. */
const PERHAPS_PACIFIC = Date.UTC(2006, 1, 2);

/** What the name of a file says: collector, kind and start. */
export function readFileName(path: string): NamedFile {
  const name = path.slice(path.lastIndexOf('/') + 1);
  const collector = collectorOf(path, name);
  return { collector, kind: kindOf(name), start: utcOf(startOf(name), collector) };
}

/** `undefined`: the name is ambiguous, and the first record decides. */
function utcOf(start: number | undefined, collector: Collector | undefined): number | undefined {
  if (start === undefined || collector === undefined || RIS.test(`/${collector}/`)) return start;
  if (!collector.startsWith('route-views')) return start < PERHAPS_PACIFIC ? undefined : start;
  if (isUnsure(collector, start)) return undefined;
  return isInPacificTime(collector, start) ? utcOfPacific(start) : start;
}

function collectorOf(path: string, name: string): Collector | undefined {
  const text =
    RIS.exec(name)?.[1]?.toLowerCase() ??
    routeViewsIn(name) ??
    lastOf(RIS, path)?.toLowerCase() ??
    BGPDATA.exec(path)?.[1] ??
    routeViewsIn(path) ??
    PCH.exec(path)?.[1] ??
    aboveDates(path);
  return text === undefined ? undefined : parseCollector(text === 'archive.routeviews.org' ? 'route-views2' : text);
}

/**
 * `routeviews.route-views.jinx.ribs.…` is jinx's; in `route-views2.updates.…` the second part does not belong to the
 * name.
 */
function routeViewsIn(text: string): string | undefined {
  const found = ROUTE_VIEWS.exec(text)?.[1];
  return found?.replace(/\.(?:ribs?|updates?|bview|mrt|gz|bz2)$/, '');
}

/** The folder nearest to the file decides. */
function lastOf(pattern: RegExp, path: string): string | undefined {
  return [...path.matchAll(new RegExp(pattern, `${pattern.flags}g`))].at(-1)?.[1];
}

function aboveDates(path: string): string | undefined {
  const found = lastOf(ABOVE_DATES, path);
  return found === undefined || NOT_A_COLLECTOR.test(found) ? undefined : found;
}

function kindOf(name: string): FileKind | undefined {
  if (UPDATES_NAME.test(name)) return 'updates';
  return RIB_NAME.test(name) ? 'rib' : undefined;
}

function startOf(name: string): number | undefined {
  if (name.includes(GO_LAYOUT)) return undefined;
  const date = DATE_TIME.exec(name)
    ?.slice(1)
    .filter((part) => part !== undefined);
  if (date !== undefined) {
    const [year = 0, month = 0, day = 0, hour = 0, minute = 0, second = 0] = date.map((part) => Number(part ?? 0));
    if (month < 1 || month > 12 || day < 1 || day > 31 || hour > 24 || minute > 59) return undefined;
    return Date.UTC(year, month - 1, day, hour, minute, second);
  }
  const epoch = EPOCH.exec(name)?.[1];
  return epoch === undefined ? undefined : Number(epoch) * 1000;
}
