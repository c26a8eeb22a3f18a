import type { IncidentData, UnroutableEvent } from '../../detect/events/event.ts';
import { cardOf, cardsHtml, cardMarkdown, type IncidentCard } from '../../report/incident-card.ts';
import type { Clocks } from '../../report/phrases.ts';
import { jsonText } from '../../report/printable.ts';
import { Progression } from '../../report/progression.ts';

/** The forms of cards. */
export const CARD_FORMATS = ['md', 'html', 'json'] as const;

/** The form of a card. */
export type CardFormat = (typeof CARD_FORMATS)[number];

/** The card of each incident in these events, from its last event, in order of onset. */
export function cardsIn(events: readonly UnroutableEvent[], clocks: Clocks): readonly IncidentCard[] {
  const last = new Map<string, IncidentData>();
  const progression = new Progression();
  for (const event of events) {
    progression.note(event);
    const { type, data } = event;
    if (type === 'incident.opened' || type === 'incident.updated' || type === 'incident.closed')
      last.set(data.incident.id, data);
  }
  return [...last.values()].map((data) => cardOf(data, clocks, progression.linesOf(data)));
}

/** Cards as one text: a document, or a list of JSON. */
export function cardsText(cards: readonly IncidentCard[], format: CardFormat): string {
  if (format === 'json') return `${jsonText({ format: 'unroutable.incident-cards/1', cards }, 2)}\n`;
  if (format === 'html') return cardsHtml(cards);
  return cards.length === 0 ? 'No incident was found.\n' : cards.map(cardMarkdown).join('\n');
}
