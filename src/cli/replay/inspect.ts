import { AS_TRANS } from '../../bgp/asn.ts';
import { basename } from 'node:path';
import { planMrt, UNNAMED } from '../../../streams/mrt/archive/archive.ts';
import type { PlannedFile } from '../../../streams/mrt/archive/planned-file.ts';
import { inspectMrt, type InspectedPeer, type MrtInspection } from '../../../streams/mrt/inspect.ts';
import { isoTime, type EventTime } from '../../bgp/time.ts';
import { utcText } from '../../report/clock.ts';
import { counted, grouped, jsonText, percent, printable } from '../../report/printable.ts';
import { textSink } from '../../sinks/stdout.ts';
import { EXIT, type ExitStatus } from '../exit-status.ts';
import { complain, type Io } from '../../app/io.ts';
import { createProgress, megabytes } from '../output/progress.ts';
import { isFault } from '../../app/replay/reading-log.ts';

/** `unroutable inspect`: prints the content of MRT files. It reads them completely, so that it reports all damage. */
export async function inspect(
  paths: readonly string[],
  { format }: { readonly format: 'text' | 'json' },
  io: Io,
): Promise<ExitStatus> {
  // Each file is read on its own, so its collector does not matter.
  const planned = await planMrt({ paths, collector: UNNAMED });
  if (!planned.ok) {
    complain(io, planned.reason);
    return EXIT.files;
  }
  const { collectors, bytes, refused } = planned.plan;
  const files = collectors.flatMap(({ ribs, updates }) => [...ribs, ...updates]);
  const faults = refused.filter((refusal) => isFault(refusal, paths)).map(({ path, reason }) => `${path} ${reason}`);
  const sink = textSink(io.stdout, () => undefined);
  const found: MrtInspection[] = [];
  for await (const inspected of inspections(files, bytes, io)) {
    if (!inspected.ok) faults.push(inspected.fault);
    else if (format === 'json') found.push(inspected.inspection);
    else await sink.write(`${lines(inspected.inspection).join('\n')}\n`);
    if (inspected.ok && isDamaged(inspected.inspection)) faults.push(`${inspected.inspection.path} is damaged`);
  }
  if (format === 'json') await sink.write(`${jsonText(document(found), 2)}\n`);
  await sink.flush();
  for (const fault of faults) complain(io, fault);
  if (io.signal.aborted) return EXIT.interrupted;
  return faults.length > 0 ? EXIT.partial : EXIT.done;
}

type Inspected =
  { readonly ok: true; readonly inspection: MrtInspection } | { readonly ok: false; readonly fault: string };

/** One file after the other, with progress between them. */
async function* inspections(files: readonly PlannedFile[], bytesTotal: number, io: Io): AsyncGenerator<Inspected> {
  const progress = createProgress(io, () => performance.now());
  let bytesRead = 0;
  let records = 0;
  let at: EventTime | undefined;
  for (const [filesRead, { path, snapshot }] of files.entries()) {
    if (io.signal.aborted) return;
    progress.show({ bytesRead, bytesTotal, records, at, filesRead, filesTotal: files.length });
    const inspected = await inspectMrt(path);
    progress.clear();
    bytesRead += snapshot.size;
    if (!inspected.ok) {
      yield { ok: false, fault: `${path} ${inspected.reason}` };
      continue;
    }
    records += inspected.inspection.records;
    at = inspected.inspection.last;
    yield inspected;
  }
}

function isDamaged({ damageCount, dumps }: MrtInspection): boolean {
  return damageCount > 0 || dumps.some(({ flaw }) => flaw !== undefined);
}

/** More peers or damages than this are only counted: a large collector has hundreds. JSON has all of them. */
const MAX_LISTED = 20;

function lines(file: MrtInspection): readonly string[] {
  return [
    `${basename(file.path)}${file.collector === undefined ? '' : `  of ${file.collector}`}`,
    ...field('size', [sizeText(file)]),
    ...field('time', [spanText(file)]),
    ...field('records', [grouped(file.records), ...file.types.map(typeText)]),
    ...field('elements', [elementsText(file)]),
    ...field('peers', peerTexts(file.peers)),
    ...field('dumps', file.dumps.map(dumpText)),
    ...field('notes', notes(file)),
    ...field(
      'unread',
      file.problems.map(({ reason, count }) => `${grouped(count)}: ${reason}`),
    ),
    ...field('damage', damageTexts(file)),
    '',
  ].map(printable);
}

/** A name, with its lines below each other. */
function field(name: string, texts: readonly string[]): readonly string[] {
  return texts.map((text, i) => `    ${(i === 0 ? name : '').padEnd(10)}${text}`);
}

function sizeText({ unpacked, bytes, container }: MrtInspection): string {
  const packed =
    container === undefined || container === 'plain' ? '' : ` (${container}, ${megabytes(bytes)} MB packed)`;
  return `${megabytes(unpacked)} MB${packed}`;
}

function spanText({ first, last }: MrtInspection): string {
  return first === undefined || last === undefined ? 'none' : `${utcText(first)} to ${utcText(last)}`;
}

function typeText({ name, count, isKnown }: MrtInspection['types'][number]): string {
  return `${grouped(count).padStart(11)}  ${name}${isKnown ? '' : ' (not known, skipped)'}`;
}

function elementsText({ elements }: MrtInspection): string {
  const counts = Object.entries(elements).filter(([, count]) => count > 0);
  return counts.length === 0 ? 'none' : counts.map(([type, count]) => `${grouped(count)} ${type}`).join(', ');
}

/** Peers of a dump by table size, because it decides who may vote; peers of updates by their number of messages. */
function peerTexts(peers: readonly InspectedPeer[]): readonly string[] {
  const size = ({ routes }: InspectedPeer) => routes?.ipv4 ?? 0;
  const largest = Math.max(1, ...peers.map(size));
  const listed = peers
    .toSorted((a, b) => size(b) - size(a) || b.elements - a.elements)
    .slice(0, MAX_LISTED)
    .map((peer) => {
      const { asn, address, routes, elements } = peer;
      const table =
        routes === undefined
          ? `${grouped(elements).padStart(11)} elements`
          : `${grouped(routes.ipv4).padStart(11)} IPv4 (${percent(size(peer) / largest)}), ${grouped(routes.ipv6)} IPv6`;
      return `${table}  AS${asn} ${address}`;
    });
  return [counted(peers.length, 'peer'), ...listed, ...moreThan(peers.length)];
}

function dumpText({ from, peers, records, flaw }: MrtInspection['dumps'][number]): string {
  const begun = from === undefined ? 'at an unknown time' : `of ${utcText(from)}`;
  return `${begun}, ${counted(peers, 'peer')}, ${counted(records, 'record')}, ${flaw ?? 'whole'}`;
}

function notes({ usesAddPath, usesTwoOctetAs, outliers }: MrtInspection): readonly string[] {
  return [
    usesAddPath ? 'has records with ADD-PATH (RFC 7911)' : '',
    usesTwoOctetAs ? `has sessions with two-octet AS numbers: AS ${AS_TRANS} may stand for others (RFC 6793)` : '',
    outliers > 0 ? `${counted(outliers, 'record')} with a time that those around it deny` : '',
  ].filter((note) => note !== '');
}

function damageTexts({ damages, damageCount }: MrtInspection): readonly string[] {
  if (damageCount === 0) return ['none'];
  const listed = damages
    .slice(0, MAX_LISTED)
    .map(({ from, to, reason }) => `bytes ${grouped(from)} to ${grouped(to)}: ${reason}`);
  return [...listed, ...moreThan(damageCount)];
}

function moreThan(count: number): readonly string[] {
  return count > MAX_LISTED ? [`and ${grouped(count - MAX_LISTED)} more`] : [];
}

function document(found: readonly MrtInspection[]) {
  const time = (at: EventTime | undefined) => (at === undefined ? undefined : isoTime(at));
  return {
    format: 'unroutable.inspect/1',
    files: found.map(({ path, first, last, dumps, ...rest }) => ({
      name: basename(path),
      ...rest,
      first: time(first),
      last: time(last),
      dumps: dumps.map(({ from, ...dump }) => ({ from: time(from), ...dump })),
    })),
  };
}
