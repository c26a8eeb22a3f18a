import { parseCollector } from '../../src/bgp/peer.ts';
import { isHttpUrl } from '../../src/lib/http-url.ts';
import { parseJson } from '../../src/lib/json.ts';
import { NO_DUMP, type ArchiveFinder, type ArchiveWindow, type FoundFiles, type LookupFault } from './find.ts';
import { getText, type PoliteHttp } from '../http/get.ts';
import { DUMP_WITHIN_MS, dumpBefore, fileOf, filesOfWindow, PACIFIC_MOST_MS, type UpdateFile } from './layout.ts';
import { isInPacificTime, utcOfPacific } from '../mrt/archive/pacific.ts';

/** The server refuses pages of more than 1,000 rows. */
const PAGE_SIZE = 1_000;
const MOST_PAGES = 200;
const MOST_ANSWER_BYTES = 8 * 1024 * 1024;

/**
 * Finds files with the BGPKIT Broker API. It knows files a few minutes after they are published. It reads the times of old Route
 * Views files, which are in Pacific time, as UTC; they are converted here.
 */
export function brokerFinder(baseUrl: string, http: PoliteHttp): ArchiveFinder {
  return async (window, signal) => {
    const isLocal = window.collectors.some((collector) =>
      isInPacificTime(collector, window.fromMs - DUMP_WITHIN_MS - PACIFIC_MOST_MS),
    );
    const from = window.fromMs - DUMP_WITHIN_MS - (isLocal ? PACIFIC_MOST_MS : 0);
    const [dumps, updates] = await Promise.all([
      search(baseUrl, { ...window, fromMs: from, kind: 'rib' }, http, signal),
      search(baseUrl, { ...window, fromMs: from, kind: 'updates' }, http, signal),
    ]);
    const faults = [dumps.fault, updates.fault].filter((fault) => fault !== undefined);
    const files = window.collectors.flatMap((collector) => {
      const own = (all: readonly UpdateFile[]): UpdateFile[] =>
        all.filter((row) => row.collector === collector).sort((a, b) => a.start - b.start);
      const ribs = own(dumps.rows);
      const files = filesOfWindow(ribs, own(updates.rows), window);
      if (dumpBefore(ribs, window.fromMs) === undefined && dumps.fault === undefined && files.length > 0)
        faults.push({ file: collector, what: NO_DUMP });
      return files;
    });
    return { files, faults } satisfies FoundFiles;
  };
}

async function search(
  baseUrl: string,
  { kind, collectors, fromMs, untilMs }: ArchiveWindow & { readonly kind: 'rib' | 'updates' },
  http: PoliteHttp,
  signal: AbortSignal,
): Promise<{ readonly rows: readonly UpdateFile[]; readonly fault?: LookupFault }> {
  const rows: UpdateFile[] = [];
  let seen = 0;
  for (let page = 1; page <= MOST_PAGES; page++) {
    const url = new URL(`${baseUrl}/search`);
    const query = {
      ts_start: String(Math.floor(fromMs / 1000)),
      ts_end: String(Math.ceil(untilMs / 1000)),
      collector_id: collectors.join(','),
      data_type: kind,
      page: String(page),
      page_size: String(PAGE_SIZE),
    };
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const answer = await getText(url.href, MOST_ANSWER_BYTES, http, signal);
    if (!answer.ok) return { rows, fault: { file: baseUrl, what: answer.reason } };
    const content = pageIn(answer.text);
    if (typeof content === 'string') return { rows, fault: { file: baseUrl, what: content } };
    rows.push(...content.data.flatMap((row) => rowOf(row, kind)));
    seen += content.data.length;
    const isLast = content.data.length < PAGE_SIZE && seen >= (content.total ?? 0);
    if (isLast || content.data.length === 0) return { rows };
  }
  const what = `more than ${MOST_PAGES * PAGE_SIZE} files: ask for a shorter window`;
  return { rows, fault: { file: baseUrl, what } };
}

interface Page {
  readonly data: readonly unknown[];
  /** Rows of all pages. A server may send smaller pages than requested. */
  readonly total: number | undefined;
}

/** The content of an answer, or why it is not valid, for people. */
function pageIn(text: string): Page | string {
  const answer = parseJson(text);
  if (typeof answer !== 'object' || answer === null) return NO_ANSWER;
  const { data, total, error } = answer as Record<string, unknown>;
  if (typeof error === 'string' && error !== '') return `the broker answers: ${error}`;
  if (!Array.isArray(data)) return NO_ANSWER;
  return { data, total: typeof total === 'number' ? total : undefined };
}

const NO_ANSWER = 'the answer is not one of the BGPKIT Broker';

/** A row in another form is skipped. */
function rowOf(row: unknown, kind: 'rib' | 'updates'): readonly UpdateFile[] {
  if (typeof row !== 'object' || row === null) return [];
  const { collector_id: id, ts_start, ts_end, url } = row as Record<string, unknown>;
  const collector = typeof id === 'string' ? parseCollector(id) : undefined;
  const [start, end] = [utcOf(ts_start), utcOf(ts_end)];
  if (collector === undefined || start === undefined || typeof url !== 'string' || !isHttpUrl(url)) return [];
  const name = new URL(url).pathname.split('/').at(-1) ?? '';
  const file = fileOf(name, url.slice(0, url.length - name.length), collector);
  if (file === undefined) return [];
  const late = isInPacificTime(collector, start) && utcOfPacific(start) === file.start ? file.start - start : 0;
  return [{ ...file, kind, start: start + late, end: (end ?? start) + late, url }];
}

/** `2014-12-22T16:00:00`: naive, in UTC. */
function utcOf(value: unknown): number | undefined {
  if (typeof value !== 'string') return undefined;
  const ms = Date.parse(/[zZ]|[+-]\d\d:\d\d$/.test(value) ? value : `${value}Z`);
  return Number.isNaN(ms) ? undefined : ms;
}
