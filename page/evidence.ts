import { ask, askIncident } from './api.ts';
import { byId, fillTable, made, timeText } from './dom.ts';

/** Closes the evidence and restores the focus. */
export function hideEvidence(): void {
  byId('evidence').hidden = true;
  byId('why').focus();
}

/** The verdict to explain: the present one, or that of a moment, possibly within an incident. */
export interface EvidenceOf {
  readonly territory: string;
  readonly family: string;
  readonly at?: string;
  readonly incident?: string;
}

/**
 * Shows each peer's last message behind a verdict and, if services are probed, the order in which services and routes
 * were lost.
 */
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
