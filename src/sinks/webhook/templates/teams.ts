import { severityOf, type Severity } from '../filter.ts';
import { markdownText, oneLine } from './escape.ts';
import { json, type Template } from './template.ts';

const COLOURS: Readonly<Record<Severity, string>> = {
  info: 'default',
  notice: 'default',
  warning: 'warning',
  critical: 'attention',
};

/** An Adaptive Card in a message, for the Workflows of Microsoft Teams ("when a webhook request is received"). */
export const teams: Template = (event, sentence) => {
  const facts = [
    { title: 'Event', value: event.type },
    { title: 'Subject', value: markdownText(oneLine(event.subject, 200)) },
    { title: 'Decided', value: event.time },
  ];
  const content = {
    $schema: 'http://adaptivecards.io/schemas/adaptive-card.json',
    type: 'AdaptiveCard',
    version: '1.4',
    body: [
      {
        type: 'TextBlock',
        text: markdownText(oneLine(sentence(event), 4000)),
        wrap: true,
        color: COLOURS[severityOf(event)],
      },
      { type: 'FactSet', facts },
    ],
  };
  const contentType = 'application/vnd.microsoft.card.adaptive';
  return json({ type: 'message', attachments: [{ contentType, contentUrl: null, content }] });
};
