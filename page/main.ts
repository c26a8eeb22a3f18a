import { readAddress } from './address.ts';
import { showAnswer, showConnection } from './answer.ts';
import { ask, Refused, type Answers, type Verdict } from './api.ts';
import { byId, made, timeText } from './dom.ts';
import { hideEvidence, showEvidence } from './evidence.ts';
import { loadIncidents, openIncident } from './incidents.ts';
import { restyle } from './panels.ts';
import { load, showRanges } from './ranges.ts';
import { showServices } from './services.ts';
import { go, keyOf, nameOf, state, subject, zone, zones } from './state.ts';

/** Milliseconds before the next request after a failure. */
const AGAIN_MS = 5_000;
/** Without a sign of life of the stream for this long, the connection counts as lost. Milliseconds. */
const SILENT_MS = 25_000;

function showSubjects(): void {
  const select = byId('subject') as HTMLSelectElement;
  select.replaceChildren(...state.verdicts.map((one) => made('option', nameOf(one), { value: keyOf(one) })));
  byId('territory').hidden = state.verdicts.length === 0;
  const now = subject();
  select.value = now === undefined ? '' : keyOf(now);
}

async function loadServices(): Promise<void> {
  const now = subject();
  if (now !== undefined) await showServices(now.territory, zone());
}

/** Draws the range that the address names, or the one of the incident that it names. */
async function loadShown(): Promise<void> {
  try {
    if (await openIncident()) return;
  } catch (error) {
    await load();
    throw error;
  }
  await load();
}

/** Shows why a request failed, and continues. */
function trying(work: () => Promise<void>): void {
  work().catch((error: unknown) => {
    byId('range-text').textContent =
      error instanceof Refused ? error.message : 'The server does not answer; asked again soon.';
  });
}

let isAsked = false;

/** New data is drawn at most once a second, and only if the range ends now. */
function refresh(): void {
  if (isAsked) return;
  isAsked = true;
  setTimeout(() => {
    isAsked = false;
    if (state.shown.range !== 'fixed') trying(load);
    trying(loadIncidents);
    trying(loadServices);
  }, 1_000);
}

/** The recorded subjects, by name; empty if the request fails. */
async function territories(): Promise<Answers['territories']['territories']> {
  return ask('territories').then(
    (answer) => answer.territories,
    () => [],
  );
}

let taken = '';

/** Takes the verdicts of the stream, or those of the first request. If they are unchanged, nothing is redrawn. */
function take(next: readonly Verdict[]): void {
  const text = JSON.stringify(next);
  if (text === taken) return;
  taken = text;
  const isOther = next.map(keyOf).join() !== state.verdicts.map(keyOf).join();
  state.verdicts = next;
  showAnswer();
  if (!isOther) return refresh();
  showSubjects();
  trying(async () => {
    for (const one of await named) zones.set(keyOf(one), one.timeZone);
    // A subject that has just appeared has no time zone yet.
    if (next.some((one) => !zones.has(keyOf(one))))
      for (const one of await (named = territories())) zones.set(keyOf(one), one.timeZone);
    await Promise.all([loadShown(), loadIncidents(), loadServices()]);
  });
}

let lastMessageAt = Date.now();

function alive(): void {
  lastMessageAt = Date.now();
  byId('connection').dataset['state'] = 'live';
  showConnection();
}

function lost(): void {
  byId('connection').dataset['state'] = 'lost';
  byId('connection').textContent = `connection lost; last message ${timeText(lastMessageAt, undefined)}`;
}

/** Reads the stream of events. A browser stops after an error answer, so this code connects again. */
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

setInterval(() => Date.now() - lastMessageAt > SILENT_MS && lost(), 5_000);
window.addEventListener('hashchange', () => {
  const before = subject();
  state.shown = readAddress(location.hash);
  showAnswer();
  showSubjects();
  trying(loadShown);
  if (subject() === before) return;
  byId('evidence').hidden = true;
  for (const work of [loadIncidents, loadServices]) trying(work);
});
// As a link it would replace the view in the address.
byId('skip').addEventListener('click', (event) => {
  event.preventDefault();
  byId('pictures').focus();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', restyle);
(byId('subject') as HTMLSelectElement).addEventListener('change', (event) => {
  go({ ...state.shown, subject: (event.target as HTMLSelectElement).value });
});
byId('why').addEventListener('click', () => {
  const now = subject();
  if (now !== undefined) void showEvidence({ territory: now.territory, family: now.family }, zone());
});
byId('evidence-close').addEventListener('click', hideEvidence);
/** Requests the verdicts until there are some. Until then the page says why there are none. */
async function begin(): Promise<void> {
  try {
    const first = await ask('verdict');
    if (first.verdicts.length === 0 && state.verdicts.length === 0) showAnswer();
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
