import type { Incident } from '../src/detect/events/event.ts';
import { lastedText, unseenSince } from '../src/report/incident-words.ts';
import { ask, askIncident, type Listed } from './api.ts';
import { button, byId, made, timeText } from './dom.ts';
import { showEvidence } from './evidence.ts';
import { go, isoText, keyOf, state, subject, zone } from './state.ts';

/** Lists the incidents of the subject. */
export async function loadIncidents(): Promise<void> {
  const now = subject();
  if (now === undefined) return;
  const { incidents } = await ask('incidents', { territory: now.territory, family: now.family });
  byId('incidents-empty').hidden = incidents.length > 0;
  const focused = document.activeElement?.closest('#incidents') && document.activeElement.getAttribute('aria-label');
  byId('incidents').replaceChildren(...incidents.map(incidentLine));
  if (focused === null || focused === undefined) return;
  for (const one of byId('incidents').querySelectorAll('button'))
    if (one.getAttribute('aria-label') === focused) one.focus({ preventScroll: true });
}

/**
 * Zooms to the incident that the address names, however old it is. Its range replaces the link in the history of the
 * browser, so that one step back leaves it.
 *
 * @returns whether the address names one
 * @throws Refused with the API's reason
 */
export async function openIncident(): Promise<boolean> {
  const id = state.shown.incident;
  if (id === undefined) return false;
  const found = await askIncident(id);
  // Meanwhile the reader may have chosen something else.
  if (state.shown.incident === id) zoomTo(found, 'replace');
  return true;
}

function incidentLine({ territory, family, incident }: Listed): HTMLLIElement {
  const facts = incident as unknown as Incident;
  const { shape, spans, onset, durationMs, sinceAtLatest } = facts;
  const from = spans[0]?.from ?? '';
  const line = made('li');
  const since = `${timeText(Date.parse(from), zone())}${sinceAtLatest === true ? ' or earlier' : ''}`;
  const isOpen = durationMs === undefined && unseenSince(facts) === undefined;
  const notOver = subject()?.isPast === true ? ', not over when the recording ended' : ', not over';
  const text = `${since}: ${lastedText(facts)}${isOpen ? notOver : ''}; ${shape === 'unseen' ? 'onset not seen' : shape}`;
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
function zoomTo({ territory, family, incident }: Listed, how?: 'replace'): void {
  const { spans, onset } = incident as unknown as Incident;
  const at = Date.parse(onset?.first ?? spans[0]?.from ?? '');
  const range = { from: isoText(at - 5 * 60_000), until: isoText(at + 10 * 60_000) };
  go({ subject: keyOf({ territory, family }), range: 'fixed', ...range }, how);
  byId('pictures').focus({ preventScroll: true });
  byId('pictures').scrollIntoView();
}
