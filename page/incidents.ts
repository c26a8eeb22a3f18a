import type { Incident } from '../src/detect/events/event.ts';
import { lastedText, unseenSince } from '../src/report/incident-words.ts';
import { ask, type Listed } from './api.ts';
import { button, byId, made, timeText } from './dom.ts';
import { showEvidence } from './evidence.ts';
import { go, isoText, state, subject, zone } from './state.ts';

/** Lists the incidents of the subject, and zooms to the one that the address names. */
export async function loadIncidents(): Promise<void> {
  const now = subject();
  if (now === undefined) return;
  const { incidents } = await ask('incidents', { territory: now.territory, family: now.family });
  byId('incidents-empty').hidden = incidents.length > 0;
  byId('incidents').replaceChildren(...incidents.map(incidentLine));
  if (state.shown.incident !== undefined) {
    const asked = incidents.find(({ incident }) => incident.id === state.shown.incident);
    if (asked !== undefined) zoomTo(asked);
  }
}

function incidentLine({ territory, family, incident }: Listed): HTMLLIElement {
  const facts = incident as unknown as Incident;
  const { shape, spans, onset, durationMs, sinceAtLatest } = facts;
  const from = spans[0]?.from ?? '';
  const line = made('li');
  const since = `${timeText(Date.parse(from), zone())}${sinceAtLatest === true ? ' or earlier' : ''}`;
  const isOpen = durationMs === undefined && unseenSince(facts) === undefined;
  const text = `${since}: ${lastedText(facts)}${isOpen ? ', not over' : ''}; ${shape === 'unseen' ? 'onset not seen' : shape}`;
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
  const { spans, onset } = incident as unknown as Incident;
  const at = Date.parse(onset?.first ?? spans[0]?.from ?? '');
  go({ ...state.shown, range: 'fixed', from: isoText(at - 5 * 60_000), until: isoText(at + 10 * 60_000) });
  byId('pictures').focus({ preventScroll: true });
  byId('pictures').scrollIntoView();
}
