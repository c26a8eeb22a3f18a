import { severityOf, type Severity } from '../filter.ts';
import { headerText, oneLine } from './escape.ts';
import type { Template } from './template.ts';

const PLAIN = 'text/plain; charset=utf-8';

/** The sentence and a line feed, for any receiver of text. */
export const text: Template = (event, sentence) => ({
  contentType: PLAIN,
  body: `${oneLine(sentence(event), 4000)}\n`,
});

/** ntfy's priorities, 1 to 5: from 4 on, phones notify with a long vibration and a sound. */
const PRIORITIES: Readonly<Record<Severity, string>> = { info: '2', notice: '3', warning: '4', critical: '5' };

/** ntfy, posted to a topic's URL. Its limit is 4,096 bytes, above which a text becomes an attachment. */
export const ntfy: Template = (event, sentence) => ({
  contentType: PLAIN,
  body: oneLine(sentence(event), 1000),
  headers: {
    'x-title': headerText(`${event.drill === true ? 'DRILL ' : ''}${event.subject} ${event.type}`, 120),
    'x-priority': PRIORITIES[severityOf(event)],
  },
});
