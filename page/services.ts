import { ask } from './api.ts';
import { byId, fillTable, timeText } from './dom.ts';

const RESULTS = {
  answered: 'answered',
  refused: 'refused',
  silent: 'silent',
  'no-route': 'no route',
  odd: 'odd',
} as const;

/** Shows whether services inside the territory answer, if they are probed. */
export async function showServices(territory: string, zone: string | undefined): Promise<void> {
  const { territories } = await ask('reachability', { territory });
  const [one] = territories;
  byId('services').hidden = one === undefined;
  if (one === undefined) return;
  const since = Date.parse(one.since) > 0 ? `, since ${timeText(Date.parse(one.since), zone)}` : '';
  byId('services').dataset['reachability'] = one.reachability;
  byId('services-text').textContent = `Services: ${one.sentence}${since}.`;
  fillTable(
    byId('services-table') as HTMLTableElement,
    ['target', 'asked from', 'last result', 'time', 'detail'],
    one.targets.map(({ target, vantage, result, at, detail }) => [
      target,
      vantageText(vantage),
      RESULTS[result],
      timeText(Date.parse(at), undefined),
      detail,
    ]),
  );
}

function vantageText({
  id,
  country,
  asn,
}: {
  readonly id: string;
  readonly country?: string | undefined;
  readonly asn?: number | undefined;
}): string {
  if (id === 'own') return 'our own line';
  const where = [country, asn === undefined ? undefined : `AS${asn}`].filter((part) => part !== undefined).join(', ');
  const probe = `RIPE Atlas probe ${id.replace(/^atlas-/, '')}`;
  return where === '' ? probe : `${probe} (${where})`;
}
