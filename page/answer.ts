import { byId, timeText } from './dom.ts';
import { familyName, nameOf, state, subject } from './state.ts';

/** The answer, in one sentence. */
export function showAnswer(): void {
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
      : `${now.visibility.witnesses} witnesses: networks that usually have a route. ${now.visibility.voters} networks ${now.isPast ? 'reported' : 'report now'}. `;
  const blind = now.verdict === 'unknown' ? 'We are blind: this is not an outage. ' : '';
  byId('facts').textContent = `${blind}${witnesses}${asOf}`;
  showConnection();
  document.title = `${now.name}: ${now.verdict}${now.isPast ? `, ${now.asOf?.slice(0, 10) ?? ''}` : ''} · unroutable`;
}

/** There is no verdict: the store is empty, or the address names a subject that is not in it. */
function showNothing(): void {
  const [id = '', family = ''] = (state.shown.subject ?? '').split('/');
  const isEmpty = state.verdicts.length === 0;
  byId('sentence').textContent = isEmpty
    ? 'Nothing is recorded yet.'
    : `${id} (${familyName(family)}) is not recorded here.`;
  byId('facts').textContent = isEmpty
    ? 'This page fills as soon as a watch or a replay writes to the store.'
    : `Recorded: ${state.verdicts.map(nameOf).join(', ')}. Choose one above.`;
  byId('incidents').replaceChildren();
  byId('incidents-empty').hidden = !isEmpty;
  byId('services').hidden = true;
  byId('range-text').textContent = '';
  document.title = 'unroutable';
}

/** A connection to a store of the past is not live. */
export function showConnection(): void {
  const connection = byId('connection');
  if (connection.dataset['state'] === 'live')
    connection.textContent = subject()?.isPast === true ? 'a recording that is over' : 'live';
}
