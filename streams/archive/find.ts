import type { Collector } from '../../src/bgp/peer.ts';
import type { FileKind } from '../mrt/archive/file-name.ts';
import { getText, type PoliteHttp } from '../http/get.ts';
import {
  DUMP_WITHIN_MS,
  dumpBefore,
  fileOf,
  filesOfWindow,
  folderOf,
  monthsBetween,
  type ArchiveBases,
  type ArchiveFile,
  type EventWindow,
  type UpdateFile,
} from './layout.ts';

/** A window of event time of some collectors. */
export interface ArchiveWindow extends EventWindow {
  readonly collectors: readonly Collector[];
}

/** The files of an archive in a window, and what could not be looked up. */
export interface FoundFiles {
  /** By collector, then by time: the last dump before the window, the updates since that dump, the dumps inside. */
  readonly files: readonly ArchiveFile[];
  readonly faults: readonly LookupFault[];
}

/** A listing that could not be read, or a missing file. */
export interface LookupFault {
  /** A URL, or a collector. */
  readonly file: string;
  /** For people. */
  readonly what: string;
}

/** Looks up which files a window needs: in the archive's own listings, or in an index of them. */
export type ArchiveFinder = (window: ArchiveWindow, signal: AbortSignal) => Promise<FoundFiles>;

/** A listing of a month is 0.5 MB at most (9,000 names); a listing of 10,000 long names still fits. */
const MOST_LISTING_BYTES = 16 * 1024 * 1024;
/** The remark about a collector whose dumps begin only within the window. */
export const NO_DUMP = 'there is no table dump in the 24 hours before the window, so its peers vote later';
/** An update file may begin this long before the window and still reach into it: Route Views' interval of 15 min. */
const LONGEST_FILE_MS = 15 * 60_000;

/**
 * Finds files in the archives' own directory listings, one month at a time. A rule cannot predict the file names of old
 * months.
 */
export function listingFinder(bases: ArchiveBases, http: PoliteHttp): ArchiveFinder {
  return async (window, signal) => {
    const listings = new Map<string, Promise<Listing>>();
    const listed = (url: string, collector: Collector): Promise<Listing> => {
      let listing = listings.get(url);
      if (listing === undefined) listings.set(url, (listing = list(url, collector, http, signal)));
      return listing;
    };
    const found = await Promise.all(
      window.collectors.map((collector) => findOf(collector, window, bases, (url) => listed(url, collector))),
    );
    return { files: found.flatMap(({ files }) => files), faults: found.flatMap(({ faults }) => faults) };
  };
}

interface Listing {
  readonly files: readonly ArchiveFile[];
  readonly fault: LookupFault | undefined;
}

async function findOf(
  collector: Collector,
  window: EventWindow,
  bases: ArchiveBases,
  listed: (url: string) => Promise<Listing>,
): Promise<FoundFiles> {
  const { fromMs, untilMs } = window;
  const faults = new Set<LookupFault>();
  const all = async (kind: FileKind, begin: number): Promise<ArchiveFile[]> => {
    const files: ArchiveFile[] = [];
    for (const month of monthsBetween(collector, begin, untilMs)) {
      const { files: some, fault } = await listed(folderOf(collector, kind, month, bases));
      files.push(...some.filter((file) => file.kind === kind));
      if (fault !== undefined) faults.add(fault);
    }
    return files.sort((a, b) => a.start - b.start);
  };
  // The listing of the month before is read only if the dump before the window is in it.
  let dumps = await all('rib', fromMs);
  if (!dumps.some(({ start }) => start <= fromMs)) dumps = await all('rib', fromMs - DUMP_WITHIN_MS);
  const seed = dumpBefore(dumps, fromMs);
  const updates = await all('updates', (seed?.start ?? fromMs) - LONGEST_FILE_MS);
  const files = filesOfWindow(dumps, updates.map(untilNext), window);
  // Of a collector without files there is more to say than that a dump is missing.
  if (seed === undefined && files.length > 0) faults.add({ file: collector, what: NO_DUMP });
  return { files, faults: [...faults] };
}

/** A file reaches to where the next one begins. */
function untilNext(file: ArchiveFile, i: number, files: readonly ArchiveFile[]): UpdateFile {
  return { ...file, end: files[i + 1]?.start ?? file.start + LONGEST_FILE_MS };
}

async function list(url: string, collector: Collector, http: PoliteHttp, signal: AbortSignal): Promise<Listing> {
  const page = await getText(url, MOST_LISTING_BYTES, http, signal);
  if (!page.ok) {
    const what = page.kind === 'absent' ? 'the archive has no such folder' : page.reason;
    return { files: [], fault: { file: url, what } };
  }
  const names = new Set(
    [...page.text.matchAll(/\bhref\s*=\s*["']?([^"'\s>]+)/gi)].map(([, link]) => nameOf(link ?? '')),
  );
  const files = [...names].flatMap((name) => fileOf(name, url, collector) ?? []);
  return { files, fault: files.length === 0 ? { file: url, what: 'the page lists no MRT file' } : undefined };
}

/** The last part of a link's path: listings link with or without the folders before it. */
function nameOf(link: string): string {
  const path = link.split(/[?#]/, 1)[0] ?? '';
  const name = path.slice(path.lastIndexOf('/') + 1);
  try {
    return decodeURIComponent(name);
  } catch {
    return name;
  }
}
