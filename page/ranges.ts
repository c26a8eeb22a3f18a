import type { Drawn } from '../src/pictures/options.ts';
import {
  lifelinesPicture,
  messagesPicture,
  peersPicture,
  toTheSecond,
  upstreamsPicture,
  visibilityPicture,
  type Peers,
  type PictureTimeline,
} from '../src/pictures/pictures.ts';
import { RANGES } from './address.ts';
import { ask, Refused, type Verdict } from './api.ts';
import { button, byId, timeText } from './dom.ts';
import { hidePictures, showPictures } from './panels.ts';
import { go, isoText, keyOf, state, subject, zone } from './state.ts';
import { styleOfPage } from './style.ts';

const HOUR_MS = 3_600_000;
/** Peers are drawn for ranges up to three days. */
const MOST_PEERS_MS = 72 * HOUR_MS;
/** Ranges up to two hours are drawn to the second. */
const MOST_EXACT_MS = 2 * HOUR_MS;

/** The end of the last recorded minute. */
function recordedUntil({ asOf }: Verdict): number {
  return asOf === undefined ? Date.now() : Date.parse(asOf) + 60_000;
}

function rangeOf(now: Verdict): { readonly from: number; readonly until: number } {
  if (state.shown.range === 'fixed' && state.shown.from !== undefined && state.shown.until !== undefined)
    return { from: Date.parse(state.shown.from), until: Date.parse(state.shown.until) };
  const until = recordedUntil(now);
  const hours = RANGES.find(([name]) => name === state.shown.range)?.[2] ?? 24;
  return { from: hours === 0 ? 0 : until - hours * HOUR_MS, until };
}

/** The buttons of the ranges. They are made once, so that they keep the focus while new data arrives. */
export function showRanges(): void {
  const ranges = byId('ranges');
  if (ranges.childElementCount === 0) ranges.append(...RANGES.map(rangeButton), ...MOVES.map(moveButton));
  for (const one of ranges.querySelectorAll<HTMLElement>('[data-range]'))
    one.setAttribute('aria-pressed', String(state.shown.range === one.dataset['range']));
}

function rangeButton([name, label]: (typeof RANGES)[number]): HTMLButtonElement {
  const one = button(label, () => go({ ...state.shown, range: name, from: undefined, until: undefined }));
  one.dataset['range'] = name;
  return one;
}

interface Span {
  readonly from: number;
  readonly until: number;
}

/** Zoom and pan by keyboard, or without a mouse. */
const MOVES: readonly (readonly [label: string, move: (span: Span, quarter: number) => Span])[] = [
  ['Earlier', ({ from, until }, quarter) => ({ from: from - 2 * quarter, until: until - 2 * quarter })],
  ['Later', ({ from, until }, quarter) => ({ from: from + 2 * quarter, until: until + 2 * quarter })],
  ['Zoom in', ({ from, until }, quarter) => ({ from: from + quarter, until: until - quarter })],
  ['Zoom out', ({ from, until }, quarter) => ({ from: from - 2 * quarter, until: until + 2 * quarter })],
];

/** The shortest range to zoom into. */
const LEAST_MS = 4 * 60_000;

/** Moves from the range that is drawn, within the time up to the last record. */
function moveButton([label, move]: (typeof MOVES)[number]): HTMLButtonElement {
  return button(label, () => {
    const now = subject();
    if (now === undefined || shownSpan === undefined) return;
    const next = move(shownSpan, (shownSpan.until - shownSpan.from) / 4);
    const last = recordedUntil(now);
    const ahead = Math.max(0, next.until - last);
    const span = { from: Math.max(0, next.from - ahead), until: next.until - ahead };
    if (span.until - span.from >= LEAST_MS) zoomed(Math.round(span.from), Math.round(span.until));
  });
}

/** The range of the pictures. */
let shownSpan: Span | undefined;

/** Start of the first recorded day. */
async function firstRecorded(asked: Readonly<Record<string, string>>): Promise<number> {
  const { buckets, until } = await ask('timeline', { ...asked, resolution: 'day' });
  return Date.parse(buckets[0]?.at ?? until) || Date.parse(until) - 1;
}

let loads = 0;

/**
 * Requests the data of all pictures of the present range in parallel, and draws them. If calls overlap, the last one
 * wins.
 */
export async function load(): Promise<void> {
  const mine = ++loads;
  const now = subject();
  showRanges();
  if (now === undefined) return hidePictures();
  const range = rangeOf(now);
  const { until } = range;
  const asked = { territory: now.territory, family: now.family };
  const from =
    range.from === 0 ? await firstRecorded({ ...asked, from: isoText(0), until: isoText(until) }) : range.from;
  const span = { ...asked, from: isoText(from), until: isoText(until) };
  const [timeline, peers, exact] = await Promise.all([
    ask('timeline', span),
    until - from <= MOST_PEERS_MS ? ask('peers', span) : undefined,
    until - from <= MOST_EXACT_MS ? ask('timeline', { ...span, resolution: 'exact' }) : undefined,
  ]).catch((error: unknown) => {
    // Pictures of another range must not stay below the reason.
    if (mine === loads && error instanceof Refused) hidePictures();
    throw error;
  });
  if (mine !== loads) return;
  shownSpan = { from, until };
  byId('range-text').textContent = `${timeText(from, zone())} to ${timeText(until, zone())}, by ${timeline.resolution}`;
  const fine = exact === undefined ? timeline : toTheSecond(timeline, exact);
  await show(timeline, fine, peers, { from, until });
}

async function show(
  timeline: PictureTimeline,
  fine: PictureTimeline,
  peers: Peers | undefined,
  range: { readonly from: number; readonly until: number },
): Promise<void> {
  const drawn: Drawn = {
    ...range,
    timeline,
    fine,
    peers,
    timeText: (at) => timeText(at, zone()),
    style: styleOfPage(),
  };
  const names = new Map((timeline.asNames ?? []).map(({ asn, name }) => [asn, name]));
  const isDetailed = timeline.networks.length > 0;
  const pictures = [
    ...(isDetailed ? [lifelinesPicture(fine)] : []),
    visibilityPicture(fine),
    ...(isDetailed ? [upstreamsPicture(timeline, names)] : []),
    messagesPicture(timeline),
    ...(peers !== undefined && isDetailed ? [peersPicture(peers)] : []),
  ];
  await showPictures(pictures, drawn, { fileName, zoomed });
}

/** The start of the file name of saved pictures. */
function fileName(): string {
  const now = subject();
  return `unroutable-${now === undefined ? '' : keyOf(now).replace('/', '-')}`;
}

/** A zoomed range is requested in its own resolution, and is in the address. */
function zoomed(from: number, until: number): void {
  go({ ...state.shown, range: 'fixed', from: isoText(from), until: isoText(until) });
}
