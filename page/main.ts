import { durationText } from '../src/report/clock.ts';
import { addressOf, RANGES, readAddress, type Shown } from './address.ts';
import { ask, Refused, type Answers, type Listed, type Verdict } from './api.ts';
import type { Drawn } from '../src/pictures/options.ts';
import { button, byId, made, timeText } from './dom.ts';
import { hideEvidence, showEvidence } from './evidence.ts';
import { hidePictures, restyle, showPictures } from './panels.ts';
import { showServices } from './services.ts';
import { styleOfPage } from './style.ts';
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

const HOUR_MS = 3_600_000;
/** Peers are drawn for ranges up to three days. */
const MOST_PEERS_MS = 72 * HOUR_MS;
/** What changed is drawn to the second in ranges up to two hours. */
const MOST_EXACT_MS = 2 * HOUR_MS;
/** After a failure the server is asked again so late. */
const AGAIN_MS = 5_000;
/** No sign of life of the stream for this long is a lost connection. */
const SILENT_MS = 25_000;

let shown: Shown = readAddress(location.hash);
let verdicts: readonly Verdict[] = [];
const zones = new Map<string, string | undefined>();

function keyOf({ territory, family }: { readonly territory: string; readonly family: string }): string {
  return `${territory}/${family}`;
}

/** What is shown: the one that the address names, else the first. `undefined`: it is not recorded here. */
function subject(): Verdict | undefined {
  const wanted = shown.subject?.toLowerCase();
  return wanted === undefined ? verdicts[0] : verdicts.find((one) => keyOf(one).toLowerCase() === wanted);
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
    showNothing();
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

/** There is no verdict: the store is empty, or the address names what is not in it. */
function showNothing(): void {
  const [id = '', family = ''] = (shown.subject ?? '').split('/');
  const isEmpty = verdicts.length === 0;
  byId('sentence').textContent = isEmpty
    ? 'Nothing is recorded yet.'
    : `${id} (${familyName(family)}) is not recorded here.`;
  byId('facts').textContent = isEmpty
    ? 'This page fills as soon as a watch or a replay writes to the store.'
    : `Recorded: ${verdicts.map(nameOf).join(', ')}. Choose one above.`;
  byId('incidents').replaceChildren();
  byId('incidents-empty').hidden = !isEmpty;
  byId('services').hidden = true;
  byId('range-text').textContent = '';
  document.title = 'unroutable';
}

function familyName(family: string): string {
  return family === 'ipv6' ? 'IPv6' : 'IPv4';
}

function nameOf({ name, family }: Verdict): string {
  return `${name} (${familyName(family)})`;
}

/** A connection to a store of the past is not live. */
function showConnection(): void {
  const connection = byId('connection');
  if (connection.dataset['state'] === 'live')
    connection.textContent = subject()?.isPast === true ? 'a recording that is over' : 'live';
}

function showSubjects(): void {
  const select = byId('subject') as HTMLSelectElement;
  select.replaceChildren(...verdicts.map((one) => made('option', nameOf(one), { value: keyOf(one) })));
  byId('territory').hidden = verdicts.length === 0;
  const now = subject();
  select.value = now === undefined ? '' : keyOf(now);
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

let loads = 0;

/** Asks what the pictures of the present range need, all at once, and draws them. The last one that was begun wins. */
async function load(): Promise<void> {
  const mine = ++loads;
  const now = subject();
  showRanges();
  if (now === undefined) return hidePictures();
  const range = rangeOf(now);
  const { until } = range;
  const asked = { territory: now.territory, family: now.family };
  const iso = (at: number): string => new Date(at).toISOString();
  const from = range.from === 0 ? await firstRecorded({ ...asked, from: iso(0), until: iso(until) }) : range.from;
  const span = { ...asked, from: iso(from), until: iso(until) };
  const [timeline, peers, exact] = await Promise.all([
    ask('timeline', span),
    until - from <= MOST_PEERS_MS ? ask('peers', span) : undefined,
    until - from <= MOST_EXACT_MS ? ask('timeline', { ...span, resolution: 'exact' }) : undefined,
  ]).catch((error: unknown) => {
    // Pictures of another range must not stand below the reason.
    if (mine === loads && error instanceof Refused) hidePictures();
    throw error;
  });
  if (mine !== loads) return;
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

/** Of saved pictures, without the name of the picture. */
function fileName(): string {
  const now = subject();
  return `unroutable-${now === undefined ? '' : keyOf(now).replace('/', '-')}`;
}

/** A range that was zoomed into is asked for in its own resolution, and is in the address. */
function zoomed(from: number, until: number): void {
  const iso = (at: number): string => new Date(at).toISOString();
  go({ ...shown, range: 'fixed', from: iso(from), until: iso(until) });
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

/** What is recorded, by name; nothing where that cannot be asked now. */
async function territories(): Promise<Answers['territories']['territories']> {
  return ask('territories').then(
    (answer) => answer.territories,
    () => [],
  );
}

let taken = '';

/** Takes the verdicts of the stream, or those asked for at the begin: where they are the same, nothing is drawn again. */
function take(next: readonly Verdict[]): void {
  const text = JSON.stringify(next);
  if (text === taken) return;
  taken = text;
  const isOther = next.map(keyOf).join() !== verdicts.map(keyOf).join();
  verdicts = next;
  showAnswer();
  if (!isOther) return refresh();
  showSubjects();
  trying(async () => {
    for (const one of await named) zones.set(keyOf(one), one.timeZone);
    // One that came meanwhile has no zone yet.
    if (next.some((one) => !zones.has(keyOf(one))))
      for (const one of await (named = territories())) zones.set(keyOf(one), one.timeZone);
    await Promise.all([load(), loadIncidents(), loadServices()]);
  });
}

let heardAt = Date.now();

function alive(): void {
  heardAt = Date.now();
  byId('connection').dataset['state'] = 'live';
  showConnection();
}

function lost(): void {
  byId('connection').dataset['state'] = 'lost';
  byId('connection').textContent = `connection lost; last heard ${timeText(heardAt, undefined)}`;
}

/** Reads the stream of events. A browser gives up when it is answered with an error; then it is asked again here. */
function listen(): void {
  const source = new EventSource('/api/v1/events/stream');
  source.addEventListener('open', alive);
  source.addEventListener('alive', alive);
  source.addEventListener('verdict', (message) => {
    alive();
    take((JSON.parse(String(message.data)) as { verdicts: readonly Verdict[] }).verdicts);
  });
  for (const type of ['incident.opened', 'incident.updated', 'incident.closed', 'reachability.changed'])
    source.addEventListener(type, () => refresh());
  source.addEventListener('error', () => {
    lost();
    if (source.readyState === EventSource.CLOSED) setTimeout(listen, AGAIN_MS);
  });
}

setInterval(() => Date.now() - heardAt > SILENT_MS && lost(), 5_000);
window.addEventListener('hashchange', () => {
  const before = subject();
  shown = readAddress(location.hash);
  showAnswer();
  showSubjects();
  trying(load);
  if (subject() !== before) for (const work of [loadIncidents, loadServices]) trying(work);
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', restyle);
(byId('subject') as HTMLSelectElement).addEventListener('change', (event) => {
  go({ ...shown, subject: (event.target as HTMLSelectElement).value });
});
byId('why').addEventListener('click', () => {
  const now = subject();
  if (now !== undefined) void showEvidence({ territory: now.territory, family: now.family }, zone());
});
byId('evidence-close').addEventListener('click', hideEvidence);
/** Asks for the verdicts, and again until they are there: until then the page says why there are none. */
async function begin(): Promise<void> {
  try {
    const first = await ask('verdict');
    if (first.verdicts.length === 0 && verdicts.length === 0) showAnswer();
    take(first.verdicts);
  } catch (error) {
    byId('sentence').textContent = 'The server cannot read its store.';
    byId('facts').textContent =
      error instanceof Refused ? error.message : 'The server does not answer; asked again soon.';
    setTimeout(() => void begin(), AGAIN_MS);
  }
}

let named = territories();
showRanges();
void begin();
listen();
