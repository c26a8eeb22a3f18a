import { durationText } from '../src/report/clock.ts';
import { addressOf, RANGES, readAddress, type Shown } from './address.ts';
import { ask, Refused, type Listed, type Verdict } from './api.ts';
import { optionOf, type Drawn } from '../src/pictures/options.ts';
import { drawIn, styleOfPage, svgOf, type Chart } from './charts.ts';
import { button, byId, fillTable, made, save, timeText } from './dom.ts';
import { hideEvidence, showEvidence } from './evidence.ts';
import { showServices } from './services.ts';
import {
  csvOf,
  lifelinesPicture,
  messagesPicture,
  peersPicture,
  toTheSecond,
  upstreamsPicture,
  visibilityPicture,
  type Peers,
  type Picture,
  type PictureTimeline,
} from '../src/pictures/pictures.ts';

const HOUR_MS = 3_600_000;
/** Peers are drawn for ranges up to three days. */
const MOST_PEERS_MS = 72 * HOUR_MS;
/** What changed is drawn to the second in ranges up to two hours. */
const MOST_EXACT_MS = 2 * HOUR_MS;
/** No sign of life of the stream for this long is a lost connection. */
const SILENT_MS = 25_000;

let shown: Shown = readAddress(location.hash);
let verdicts: readonly Verdict[] = [];
const zones = new Map<string, string | undefined>();
const panels = new Map<Picture['id'], { chart: Chart; figure: HTMLElement; picture: Picture; drawn: Drawn }>();

function keyOf({ territory, family }: { readonly territory: string; readonly family: string }): string {
  return `${territory}/${family}`;
}

function subject(): Verdict | undefined {
  return verdicts.find((one) => keyOf(one) === shown.subject) ?? verdicts[0];
}

function zone(): string | undefined {
  const now = subject();
  return now && zones.get(keyOf(now));
}

/** The answer, in one sentence. */
function showAnswer(): void {
  const now = subject();
  const answer = byId('answer');
  byId('why').hidden = now === undefined;
  if (now === undefined) {
    answer.dataset['verdict'] = 'none';
    byId('sentence').textContent = 'Nothing is recorded yet.';
    byId('incidents-empty').hidden = false;
    byId('facts').textContent = 'This page fills as soon as a watch or a replay writes to the store.';
    return;
  }
  answer.dataset['verdict'] = now.verdict;
  if (byId('sentence').textContent !== now.sentence) byId('sentence').textContent = now.sentence;
  const asOf = now.asOf === undefined ? '' : `Recorded up to ${timeText(Date.parse(now.asOf), undefined)}.`;
  const witnesses =
    now.visibility === undefined
      ? ''
      : `${now.visibility.witnesses} witnesses: networks that usually have a route. ${now.visibility.voters} networks report now. `;
  const blind = now.verdict === 'unknown' ? 'We are blind: this is not an outage. ' : '';
  byId('facts').textContent = `${blind}${witnesses}${asOf}`;
  showConnection();
  document.title = `${now.name}: ${now.verdict}${now.isPast ? `, ${now.asOf?.slice(0, 10) ?? ''}` : ''} · unroutable`;
}

/** A connection to a store of the past is not live. */
function showConnection(): void {
  const connection = byId('connection');
  if (connection.dataset['state'] === 'live')
    connection.textContent = subject()?.isPast === true ? 'a recording that is over' : 'live';
}

function showSubjects(): void {
  const select = byId('subject') as HTMLSelectElement;
  select.replaceChildren(
    ...verdicts.map((one) =>
      made('option', `${one.name} (${one.family === 'ipv4' ? 'IPv4' : 'IPv6'})`, { value: keyOf(one) }),
    ),
  );
  byId('territory').hidden = verdicts.length === 0;
  const now = subject();
  if (now !== undefined) select.value = keyOf(now);
}

function rangeOf(now: Verdict): { readonly from: number; readonly until: number } {
  if (shown.range === 'fixed' && shown.from !== undefined && shown.until !== undefined)
    return { from: Date.parse(shown.from), until: Date.parse(shown.until) };
  const until = now.asOf === undefined ? Date.now() : Date.parse(now.asOf) + 60_000;
  const hours = RANGES.find(([name]) => name === shown.range)?.[2] ?? 24;
  return { from: hours === 0 ? 0 : until - hours * HOUR_MS, until };
}

function showRanges(): void {
  byId('ranges').replaceChildren(
    ...RANGES.map(([name, label]) => {
      const one = button(label, () => go({ ...shown, range: name, from: undefined, until: undefined }));
      one.setAttribute('aria-pressed', String(shown.range === name));
      return one;
    }),
  );
}

function go(next: Omit<Shown, 'incident'>): void {
  location.hash = addressOf({ ...next, subject: next.subject ?? (subject() && keyOf(subject() as Verdict)) });
}

/** Begin of the first day that is recorded. */
async function firstRecorded(asked: Readonly<Record<string, string>>): Promise<number> {
  const { buckets, until } = await ask('timeline', { ...asked, resolution: 'day' });
  return Date.parse(buckets[0]?.at ?? until) || Date.parse(until) - 1;
}

async function load(): Promise<void> {
  const now = subject();
  showRanges();
  if (now === undefined) return;
  const range = rangeOf(now);
  const asked = { territory: now.territory, family: now.family };
  const iso = (at: number): string => new Date(at).toISOString();
  const span = { from: iso(range.from), until: iso(range.until) };
  const from = range.from === 0 ? await firstRecorded({ ...asked, ...span }) : range.from;
  const timeline = await ask('timeline', { ...asked, ...span, from: iso(from) });
  const peers =
    range.until - from <= MOST_PEERS_MS ? await ask('peers', { ...asked, ...span, from: iso(from) }) : undefined;
  const exact =
    range.until - from <= MOST_EXACT_MS
      ? await ask('timeline', { ...asked, ...span, from: iso(from), resolution: 'exact' })
      : undefined;
  byId('range-text').textContent =
    `${timeText(from, zone())} to ${timeText(range.until, zone())}, by ${timeline.resolution}`;
  const whole = { ...timeline, from: iso(from) };
  show(whole, exact === undefined ? whole : toTheSecond(whole, exact), peers, { from, until: range.until });
}

function show(
  timeline: PictureTimeline,
  fine: PictureTimeline,
  peers: Peers | undefined,
  range: { readonly from: number; readonly until: number },
): void {
  const drawn: Drawn = {
    ...range,
    timeline,
    fine,
    peers,
    timeText: (at) => timeText(at, zone()),
    style: styleOfPage(),
  };
  const pictures = [
    ...(timeline.networks.length > 0 ? [lifelinesPicture(fine)] : []),
    visibilityPicture(fine),
    ...(timeline.networks.length > 0 ? [upstreamsPicture(timeline)] : []),
    messagesPicture(timeline),
    ...(peers !== undefined && timeline.networks.length > 0 ? [peersPicture(peers)] : []),
  ];
  for (const [id, { figure, chart }] of panels)
    if (!pictures.some((picture) => picture.id === id)) {
      chart.dispose();
      figure.remove();
      panels.delete(id);
    }
  for (const picture of pictures) showPicture(picture, drawn);
  byId('pictures').dataset['loaded'] = String(Date.now());
}

function showPicture(picture: Picture, drawn: Drawn): void {
  const panel = panels.get(picture.id) ?? newPanel(picture, drawn);
  panel.picture = picture;
  panel.drawn = drawn;
  panels.set(picture.id, panel);
  byId(`${picture.id}-title`).textContent = picture.title;
  byId(`${picture.id}-summary`).textContent = picture.summary;
  byId(`${picture.id}-picture`).setAttribute('aria-label', `${picture.title}. ${picture.summary}`);
  panel.chart.setOption(optionOf(picture, drawn), { notMerge: true });
  const numbers = byId(`${picture.id}-numbers`) as HTMLDetailsElement;
  if (numbers.open) showNumbers(picture.id);
}

function newPanel(picture: Picture, drawn: Drawn) {
  const { id } = picture;
  const figure = made('figure', '', { id, 'aria-labelledby': `${id}-title` });
  const canvas = made('div', '', { id: `${id}-picture`, class: `picture ${id}`, role: 'img' });
  const tools = made('div', '', { class: 'buttons' });
  const name = (): string => `unroutable-${(subject() && keyOf(subject() as Verdict))?.replace('/', '-') ?? ''}-${id}`;
  const kinds: readonly (readonly [string, () => Promise<Blob>])[] = [
    ['PNG', async () => pngOf(panels.get(id)?.chart)],
    ['SVG', async () => new Blob([svgText(id)], { type: 'image/svg+xml' })],
    ['CSV', async () => new Blob([csvOf(panels.get(id)?.picture ?? picture)], { type: 'text/csv' })],
  ];
  for (const [kind, content] of kinds) {
    const one = button(kind, () => void content().then((blob) => save(`${name()}.${kind.toLowerCase()}`, blob)));
    one.setAttribute('aria-label', `Save “${picture.title}” as ${kind}`);
    tools.append(one);
  }
  const numbers = made('details', '', { id: `${id}-numbers` });
  const scroll = made('div', '', {
    class: 'scroll',
    tabindex: '0',
    role: 'region',
    'aria-label': `Numbers of “${picture.title}”`,
  });
  scroll.append(made('table', '', { id: `${id}-table` }));
  numbers.append(made('summary', 'Numbers'), scroll);
  numbers.addEventListener('toggle', () => numbers.open && showNumbers(id));
  figure.append(
    made('h2', picture.title, { id: `${id}-title` }),
    made('p', '', { id: `${id}-summary`, class: 'note' }),
    canvas,
    tools,
    numbers,
  );
  byId('pictures').append(figure);
  const chart = drawIn(canvas);
  chart.on('datazoom', () => zoomed(chart));
  return { chart, figure, picture, drawn };
}

/** Tables longer than this are for a file, not for a page. */
const MOST_ROWS = 3_000;

function showNumbers(id: Picture['id']): void {
  const picture = panels.get(id)?.picture;
  if (picture === undefined) return;
  const rows = picture.rows.slice(-MOST_ROWS).map((row) => row.map((value) => (value === null ? '–' : String(value))));
  fillTable(byId(`${id}-table`) as HTMLTableElement, picture.head, rows);
}

async function pngOf(chart: Chart | undefined): Promise<Blob> {
  const background = getComputedStyle(document.body).backgroundColor;
  const url = chart?.getDataURL({ type: 'png', pixelRatio: 2, backgroundColor: background }) ?? '';
  const bytes = Uint8Array.from(atob(url.split(',')[1] ?? ''), (char) => char.charCodeAt(0));
  return new Blob([bytes], { type: 'image/png' });
}

function svgText(id: Picture['id']): string {
  const panel = panels.get(id);
  if (panel === undefined) return '';
  return svgOf(panel.picture, panel.drawn, { width: 1200, height: id === 'peers' ? 700 : 360 });
}

let zoomTimer = 0;

/** A range that was zoomed into is asked for in its own resolution, and is in the address. */
function zoomed(chart: Chart): void {
  clearTimeout(zoomTimer);
  zoomTimer = window.setTimeout(() => {
    const { dataZoom } = chart.getOption() as {
      dataZoom?: { startValue: number; endValue: number; start: number; end: number }[];
    };
    const [zoom] = dataZoom ?? [];
    if (zoom === undefined || (zoom.start === 0 && zoom.end === 100) || zoom.endValue - zoom.startValue < 60_000)
      return;
    const iso = (at: number): string => new Date(at).toISOString();
    go({ ...shown, range: 'fixed', from: iso(zoom.startValue), until: iso(zoom.endValue) });
  }, 500);
}

async function loadIncidents(): Promise<void> {
  const now = subject();
  if (now === undefined) return;
  const { incidents } = await ask('incidents', { territory: now.territory, family: now.family });
  byId('incidents-empty').hidden = incidents.length > 0;
  byId('incidents').replaceChildren(...incidents.map(incidentLine));
  if (shown.incident !== undefined) {
    const asked = incidents.find(({ incident }) => incident.id === shown.incident);
    if (asked !== undefined) zoomTo(asked);
  }
}

interface IncidentFacts {
  readonly worst: string;
  readonly unroutableMs: number;
  readonly degradedMs: number;
  readonly shape: string;
  readonly drops: number;
  readonly spans: readonly { readonly from: string; readonly until?: string }[];
  readonly onset?: { readonly first: string };
}

function incidentLine({ territory, family, incident }: Listed): HTMLLIElement {
  const { worst, unroutableMs, degradedMs, shape, drops, spans, onset } = incident as unknown as IncidentFacts;
  const from = spans[0]?.from ?? '';
  const until = spans.at(-1)?.until;
  const line = made('li');
  const parts = [
    unroutableMs > 0 ? `${durationText(unroutableMs)} unroutable` : '',
    degradedMs > 0 ? `${durationText(degradedMs)} degraded` : '',
  ].filter((part) => part !== '');
  const lasted = until === undefined ? 'not over' : parts.join(', ');
  const text = `${worst} since ${timeText(Date.parse(from), zone())}: ${lasted}, ${drops} ${drops === 1 ? 'drop' : 'drops'}, ${shape}`;
  const look = button('Zoom to onset', () => zoomTo({ territory, family, incident }));
  const why = button(
    'Evidence',
    () => void showEvidence({ territory, family, at: from, incident: incident.id }, zone()),
  );
  look.setAttribute('aria-label', `Zoom to onset of ${from}`);
  why.setAttribute('aria-label', `Evidence of ${from}`);
  line.append(made('span', text), look, why);
  line.dataset['onset'] = onset?.first ?? from;
  return line;
}

/** A quarter of an hour around the onset. */
function zoomTo({ incident }: Listed): void {
  const { spans, onset } = incident as unknown as IncidentFacts;
  const at = Date.parse(onset?.first ?? spans[0]?.from ?? '');
  const iso = (ms: number): string => new Date(ms).toISOString();
  go({ ...shown, range: 'fixed', from: iso(at - 5 * 60_000), until: iso(at + 10 * 60_000) });
  byId('pictures').focus({ preventScroll: true });
  byId('pictures').scrollIntoView();
}

async function loadServices(): Promise<void> {
  const now = subject();
  if (now !== undefined) await showServices(now.territory, zone());
}

/** Shows why a request failed, and goes on. */
function trying(work: () => Promise<void>): void {
  work().catch((error: unknown) => {
    byId('range-text').textContent =
      error instanceof Refused ? error.message : 'The server does not answer; asked again soon.';
  });
}

let isAsked = false;

/** What is new is drawn at most once a second, and only where the range ends now. */
function refresh(): void {
  if (isAsked) return;
  isAsked = true;
  setTimeout(() => {
    isAsked = false;
    if (shown.range !== 'fixed') trying(load);
    trying(loadIncidents);
    trying(loadServices);
  }, 1_000);
}

function take(next: readonly Verdict[]): void {
  const isOther = next.map(keyOf).join() !== verdicts.map(keyOf).join();
  verdicts = next;
  showAnswer();
  if (!isOther) return refresh();
  showSubjects();
  trying(async () => {
    const { territories } = await ask('territories');
    for (const one of territories) zones.set(keyOf(one), one.timeZone);
    await load();
    await loadIncidents();
    await loadServices();
  });
}

function listen(): void {
  const source = new EventSource('/api/v1/events/stream');
  const connection = byId('connection');
  let heardAt = Date.now();
  const alive = (): void => {
    heardAt = Date.now();
    connection.dataset['state'] = 'live';
    showConnection();
  };
  source.addEventListener('open', alive);
  source.addEventListener('alive', alive);
  source.addEventListener('verdict', (message) => {
    alive();
    take((JSON.parse(String(message.data)) as { verdicts: readonly Verdict[] }).verdicts);
  });
  for (const type of ['incident.opened', 'incident.updated', 'incident.closed', 'reachability.changed'])
    source.addEventListener(type, () => refresh());
  const lost = (): void => {
    connection.dataset['state'] = 'lost';
    connection.textContent = `connection lost; last heard ${timeText(heardAt, undefined)}`;
  };
  source.addEventListener('error', lost);
  setInterval(() => Date.now() - heardAt > SILENT_MS && lost(), 5_000);
}

window.addEventListener('hashchange', () => {
  shown = readAddress(location.hash);
  showAnswer();
  trying(load);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  for (const { chart, picture, drawn } of panels.values())
    chart.setOption(optionOf(picture, { ...drawn, style: styleOfPage() }), { notMerge: true });
});
(byId('subject') as HTMLSelectElement).addEventListener('change', (event) => {
  go({ ...shown, subject: (event.target as HTMLSelectElement).value });
  setTimeout(() => trying(async () => void (await Promise.all([loadIncidents(), loadServices()]))), 0);
});
byId('why').addEventListener('click', () => {
  const now = subject();
  if (now !== undefined) void showEvidence({ territory: now.territory, family: now.family }, zone());
});
byId('evidence-close').addEventListener('click', hideEvidence);
showRanges();
trying(async () => take((await ask('verdict')).verdicts));
showAnswer();
listen();
