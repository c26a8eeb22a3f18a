import { ask } from './api.ts';
import { byId, fillTable, timeText } from './dom.ts';

/** Closes the evidence and gives the focus back. */
export function hideEvidence(): void {
  byId('evidence').hidden = true;
  byId('why').focus();
}

/** Shows each peer's last message behind the present verdict, or that of a moment. */
export async function showEvidence(
  { territory, family }: { readonly territory: string; readonly family: string },
  at: string | undefined,
  zone: string | undefined,
): Promise<void> {
  const panel = byId('evidence');
  panel.hidden = false;
  byId('evidence-text').textContent = 'Asking…';
  byId('evidence-title').focus();
  try {
    const explained = await ask('explain', { territory, family, ...(at === undefined ? {} : { at }) });
    const { sentence, recorded, peers } = explained;
    byId('evidence-text').textContent = recorded
      ? sentence
      : `${sentence} What each peer saw is not recorded for this time.`;
    fillTable(
      byId('evidence-table') as HTMLTableElement,
      ['peer', 'collector', 'networks seen', 'last change', 'message', 'path before', 'path after'],
      peers.map(({ asn, address, collector, networks, last }) => [
        `AS${asn} ${address}`,
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
