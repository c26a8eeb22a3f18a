import { expect, test } from 'vitest';
import { drillEvents } from '../../../src/app/drill/drill-events.ts';
import { secretOf } from '../../../src/sinks/webhook/request/secret.ts';
import { alertmanager } from '../../../src/sinks/webhook/templates/alertmanager.ts';
import { discord, mattermost, slack, telegram } from '../../../src/sinks/webhook/templates/chats.ts';
import { cloudevent } from '../../../src/sinks/webhook/templates/cloudevent.ts';
import { pagerduty } from '../../../src/sinks/webhook/templates/pagerduty.ts';
import { ntfy, text } from '../../../src/sinks/webhook/templates/plain.ts';
import { teams } from '../../../src/sinks/webhook/templates/teams.ts';
import { KP } from '../../support/day.ts';
import { realEvents, realSentence } from './events.ts';

const events = drillEvents({ id: '0123456789abcdef', territory: 'KP', atMs: Date.UTC(2026, 10, 22, 12) }, KP);

test.each(
  Object.entries({ slack, mattermost, discord, telegram: telegram('1'), teams, ntfy, text, alertmanager, cloudevent }),
)('every text that %s makes of a drill says that it is one', (_, template) => {
  const rendered = events.flatMap((event) => template(event, realSentence) ?? []);
  expect(rendered).not.toEqual([]);
  for (const { body } of rendered) expect(body).toMatch(/DRILL: |"drill":true/);
});

test('the page of a drill says that it is one, and the end of the drill resolves only that page', () => {
  const pages = (reported: typeof events) =>
    reported.flatMap((event) => {
      const body = pagerduty(secretOf('k'))(event, realSentence)?.body;
      if (body === undefined) return [];
      return [JSON.parse(body) as { event_action: string; dedup_key: string; payload?: { summary: string } }];
    });
  const drill = pages(events);
  expect(new Set(drill.map(({ dedup_key }) => dedup_key)).size).toBe(1);
  expect(drill.at(-1)?.event_action).toBe('resolve');
  for (const { payload } of drill) if (payload !== undefined) expect(payload.summary).toMatch(/^DRILL: /);
  const real = pages(realEvents).map(({ dedup_key }) => dedup_key);
  expect(real).not.toContain(drill[0]?.dedup_key);
});

test('the alert of a drill is not the real one of its territory, and neither fires nor ends it', () => {
  const labels = (reported: typeof events) =>
    reported.flatMap((event) => {
      const body = alertmanager(event, realSentence)?.body;
      return body === undefined
        ? []
        : (JSON.parse(body) as { labels: unknown }[]).map((alert) => JSON.stringify(alert.labels));
    });
  const real = new Set(labels(realEvents));
  expect(real.size).toBeGreaterThan(0);
  expect(labels(events)).not.toEqual([]);
  expect(labels(events).filter((one) => real.has(one))).toEqual([]);
});

test('the title of a notification says it as well', () => {
  for (const event of events) expect(ntfy(event, realSentence)?.headers?.['x-title']).toMatch(/^DRILL KP\/ipv4 /);
});
