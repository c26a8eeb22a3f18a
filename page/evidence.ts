import { ask, askIncident } from './api.ts';
import { byId, fillTable, made, timeText } from './dom.ts';

/** Closes the evidence and gives the focus back. */
export function hideEvidence(): void {
  byId('evidence').hidden = true;
  byId('why').focus();
}

/** What the evidence is asked of: the present verdict, or that of a moment, of which an incident may be known. */
export interface EvidenceOf {
  readonly territory: string;
  readonly family: string;
  readonly at?: string;
  readonly incident?: string;
}

/** Shows each peer's last message behind a verdict, and in which order services and routes went, where services are asked. */
export async function showEvidence(
  { territory, family, at, incident }: EvidenceOf,
  zone: string | undefined,
): Promise<void> {
  const panel = byId('evidence');
  panel.hidden = false;
  byId('evidence-text').textContent = 'Asking…';
  byId('evidence-title').focus();
  try {
    const explained = await ask('explain', { territory, family, ...(at === undefined ? {} : { at }) });
    const { sentence, recorded, peers, asNames = [] } = explained;
    const names = new Map(asNames.map(({ asn, name }) => [asn, ` ${name}`]));
    byId('evidence-text').textContent = recorded
      ? sentence
      : `${sentence} What each peer saw is not recorded for this time.`;
    const order = incident === undefined ? [] : ((await askIncident(incident)).order ?? []);
    byId('evidence-order').hidden = order.length === 0;
    byId('evidence-order').replaceChildren(...order.map((line) => made('li', line)));
    fillTable(
      byId('evidence-table') as HTMLTableElement,
      ['peer', 'collector', 'networks seen', 'last change', 'message', 'path before', 'path after'],
      peers.map(({ asn, address, collector, networks, last }) => [
        `AS${asn}${names.get(asn) ?? ''} ${address}`,
        collector,
        String(networks.length),
        last === null ? 'more than a day ago' : timeText(Date.parse(last.at), zone),
        last === null || last.message === null ? '–' : `${last.message.type} of ${last.message.prefix}`,
        last?.message?.before ?? 'no route',
        last?.message?.after ?? 'no route',
      ]),
    );
  } catch (error) {
    byId('evidence-text').textContent = error instanceof Error ? error.message : String(error);
  }
}
