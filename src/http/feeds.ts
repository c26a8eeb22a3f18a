import { isoTime } from '../bgp/time.ts';
import { lastedText, openText, unseenSince } from '../report/incident-words.ts';
import { territoryName } from '../report/phrases.ts';
import type { Answers } from './answers.ts';
import type { FeedItem } from './incident-views.ts';
import { inMarkup } from '../report/printable.ts';

type Verdicts = Answers['verdict']['verdicts'];

const COLOURS: Readonly<Record<string, string>> = {
  routable: '#2e7d32',
  degraded: '#b26a00',
  unroutable: '#b3261e',
  unknown: '#5f6368',
};

/** A badge of two fields: the territory and the verdict. */
export function badgeSvg(verdicts: Verdicts): string {
  const [first] = verdicts;
  const name =
    first === undefined
      ? 'unroutable'
      : territoryName({ territory: { id: first.territory, name: first.name }, family: first.family });
  const known = first?.verdict ?? 'unknown';
  // For a recording of the past the day is shown, so that it is not taken for today.
  const verdict = first?.isPast === true ? `${known}, ${first.asOf?.slice(0, 10) ?? 'earlier'}` : known;
  const [left, right] = [textWidth(name), textWidth(verdict)];
  const text = inMarkup(`${name}: ${verdict}`);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${left + right}" height="20" role="img" aria-label="${text}"><title>${text}</title><rect width="${left}" height="20" fill="#444"/><rect x="${left}" width="${right}" height="20" fill="${(first?.isPast === true ? undefined : COLOURS[known]) ?? '#5f6368'}"/><g fill="#fff" text-anchor="middle" font-family="Verdana,DejaVu Sans,sans-serif" font-size="11"><text x="${left / 2}" y="14">${inMarkup(name)}</text><text x="${left + right / 2}" y="14">${inMarkup(verdict)}</text></g></svg>`;
}

/** An Atom feed (RFC 4287) of incidents, newest first. `now`: RFC 3339. */
export function atomFeed(items: readonly FeedItem[], base: string, now: string): string {
  const entries = items.map((item) => ({ item, from: beginOf(item, now), changed: changedAt(item, now) }));
  const texts = entries.map(({ item, from, changed }) => {
    const { territory, family, incident } = item;
    const link = `${base}/#territory=${encodeURIComponent(territory)}&family=${family}&incident=${incident.id}`;
    return `<entry><id>urn:unroutable:incident:${inMarkup(incident.id)}</id><title>${inMarkup(titleOf(item))}</title><updated>${changed}</updated><published>${from}</published><link href="${inMarkup(link)}"/><summary>${inMarkup(lastedText(incident))}</summary></entry>`;
  });
  const updated = entries.reduce((last, { changed }) => (changed > last ? changed : last), '') || now;
  return `<?xml version="1.0" encoding="utf-8"?>\n<feed xmlns="http://www.w3.org/2005/Atom"><id>${inMarkup(base)}/feed.xml</id><title>unroutable: incidents</title><updated>${updated}</updated><author><name>unroutable</name></author><link rel="self" href="${inMarkup(base)}/feed.xml"/>${texts.join('')}</feed>\n`;
}

/** A calendar (RFC 5545) of incidents. An open incident ends now, or when its recording ended. */
export function calendar(items: readonly FeedItem[], now: string): string {
  const events = items.flatMap((item) => {
    const { incident, recordedUntil } = item;
    const from = beginOf(item, now);
    const until = incident.spans.at(-1)?.until ?? (recordedUntil === undefined ? now : isoTime(recordedUntil));
    return [
      'BEGIN:VEVENT',
      `UID:${incident.id}@unroutable`,
      `DTSTAMP:${stamp(until)}`,
      `DTSTART:${stamp(from)}`,
      // The end must be later than the start; both are in whole seconds.
      ...(stamp(until) > stamp(from) ? [`DTEND:${stamp(until)}`] : []),
      `SUMMARY:${icsText(titleOf(item))}`,
      `DESCRIPTION:${icsText(lastedText(incident))}`,
      'END:VEVENT',
    ];
  });
  const lines = ['BEGIN:VCALENDAR', 'VERSION:2.0', 'PRODID:-//unroutable//incidents//EN', ...events, 'END:VCALENDAR'];
  return `${lines.flatMap(folded).join('\r\n')}\r\n`;
}

function beginOf({ incident }: FeedItem, now: string): string {
  return incident.spans[0]?.from ?? now;
}

function changedAt(item: FeedItem, now: string): string {
  const last = item.incident.spans.at(-1);
  return last?.until ?? last?.from ?? beginOf(item, now);
}

function titleOf({ name, incident, recordedUntil }: FeedItem): string {
  const { worst, state } = incident;
  const isCut = recordedUntil !== undefined && unseenSince(incident) === undefined;
  const open = isCut ? 'not over when the recording ended' : openText(incident);
  return `${name} ${worst}${state === 'open' ? `, ${open}` : ''}`;
}

function stamp(iso: string): string {
  return iso.replace(/[-:]|\.\d+/g, '');
}

function icsText(text: string): string {
  return text.replace(/[\\;,]/g, '\\$&').replace(/\r?\n/g, '\\n');
}

/** Lines of at most 75 octets, RFC 5545 section 3.1. */
function folded(line: string): string[] {
  const lines: string[] = [];
  let current = '';
  for (const char of line) {
    if (Buffer.byteLength(current + char) > 73) {
      lines.push(current);
      current = ' ';
    }
    current += char;
  }
  return [...lines, current];
}

function textWidth(text: string): number {
  return Math.ceil(text.length * 6.6) + 14;
}
