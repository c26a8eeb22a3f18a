import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { UnroutableEvent } from '../../../src/detect/events/event.ts';
import { secretOf } from '../../../src/sinks/webhook/request/secret.ts';
import { alertmanager } from '../../../src/sinks/webhook/templates/alertmanager.ts';
import { discord, mattermost, slack, telegram } from '../../../src/sinks/webhook/templates/chats.ts';
import { cloudevent } from '../../../src/sinks/webhook/templates/cloudevent.ts';
import { pagerduty } from '../../../src/sinks/webhook/templates/pagerduty.ts';
import { ntfy, text } from '../../../src/sinks/webhook/templates/plain.ts';
import { teams } from '../../../src/sinks/webhook/templates/teams.ts';
import type { Template } from '../../../src/sinks/webhook/templates/template.ts';
import { blindEvents, gapEvent, oneOfEachType, realEvent, realEvents, realSentence } from './events.ts';

const TEMPLATES: Readonly<Record<string, Template>> = {
  cloudevent,
  slack,
  mattermost,
  discord,
  teams,
  telegram: telegram('-1001234567890'),
  pagerduty: pagerduty(secretOf('the-routing-key')),
  alertmanager,
  ntfy,
  text,
};

const names = Object.keys(TEMPLATES);
const events = [...oneOfEachType, ...blindEvents, gapEvent];

describe('real events are rendered as they were reviewed', () => {
  test.each(names)('%s', async (name) => {
    const pages = events.map((event) => {
      const rendered = render(name, event);
      if (rendered === undefined) return `# ${event.type}: nothing is sent\n`;
      const { contentType, headers = {}, body } = rendered;
      const heads = Object.entries({ 'content-type': contentType, ...headers }).map(
        ([key, value]) => `${key}: ${value}`,
      );
      const shown = contentType.includes('json') ? JSON.stringify(JSON.parse(body), undefined, 2) : body;
      return [`# ${event.type}`, ...heads, shown.trimEnd(), ''].join('\n');
    });
    await expect(pages.join('\n')).toMatchFileSnapshot(`golden/${name}.txt`);
  });
});

test('the cloudevent is the event, byte by byte as JSON writes it', () => {
  for (const event of realEvents) expect(render('cloudevent', event)?.body).toBe(JSON.stringify(event));
});

describe('a hostile name of a territory', () => {
  const HOSTILE =
    '<!channel> @everyone @here [click](https://evil.example) *bold* <script> & \u{202e}gnp.exe\r\nX-Evil: 1';
  const says = () => HOSTILE;
  const event = realEvent('country.unroutable');
  const sent = (name: string) => parsed(TEMPLATES[name]?.(event, says)?.body ?? '');

  test('makes no mention and no link in Slack', () => {
    expect(sent('slack')).toEqual({
      text: '&lt;!channel&gt; @everyone @here [click](https://evil.example) *bold* &lt;script&gt; &amp;  gnp.exe X-Evil: 1',
      mrkdwn: false,
    });
  });

  test('makes no mention and no formatting in Mattermost', () => {
    expect(sent('mattermost')).toEqual({
      text: String.raw`\<!channel\> @​everyone @​here \[click\](https://evil.example) \*bold\* \<script\> &  gnp.exe X-Evil: 1`,
    });
  });

  test('makes no mention in Discord', () => {
    expect(sent('discord')).toMatchObject({ allowed_mentions: { parse: [] }, flags: 4 });
  });

  test('is not markup in Telegram', () => {
    expect(sent('telegram')).not.toHaveProperty('parse_mode');
    expect(sent('telegram')).toMatchObject({ text: HOSTILE.replace('\u{202e}', ' ').replace('\r\n', ' ') });
  });

  test('makes no header of its own in ntfy', () => {
    const subject = 'KP\r\nx-evil: 1\u{e9}';
    const rendered = ntfy({ ...event, subject }, says);
    expect(rendered?.headers).toEqual({ 'x-title': 'KP x-evil: 1? country.unroutable', 'x-priority': '5' });
    expect(rendered?.body).not.toMatch(/[\r\n]/);
  });
});

test('any sentence gives text within the limits, valid JSON, one line, and no half characters', () => {
  const limits: readonly (readonly [string, (body: never) => string, number])[] = [
    ['slack', (body: { text: string }) => body.text, 40_000],
    ['mattermost', (body: { text: string }) => body.text, 16_383],
    ['discord', (body: { content: string }) => body.content, 2000],
    ['telegram', (body: { text: string }) => body.text, 4096],
    ['pagerduty', (body: { payload: { summary: string } }) => body.payload.summary, 1024],
  ];
  const sentences = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 6000 }),
    fc.constantFrom('<', '@', '*', '😀', '\\', '\ud83d').map((unit) => unit.repeat(6000)),
  );
  fc.assert(
    fc.property(sentences, (said) => {
      for (const [name, textOf, most] of limits) {
        const body = TEMPLATES[name]?.(realEvent('country.unroutable'), () => said)?.body ?? '';
        const shown = textOf(parsed(body) as never);
        expect(shown.length).toBeLessThanOrEqual(most);
        expect(shown).not.toMatch(/[\p{Cc}\p{Cs}\u{202a}-\u{202e}]/u);
      }
    }),
    { numRuns: 50 },
  );
});

describe('PagerDuty', () => {
  test('has one alert for each run of drops, each drop triggering and each recovery resolving it', () => {
    const pages = realEvents
      .filter((event) => event.source === '/territories/KP' && event.time.startsWith('2017-10-01'))
      .flatMap((event) => {
        const body = render('pagerduty', event)?.body;
        return body === undefined ? [] : [parsed(body) as { event_action: string; dedup_key: string }];
      });
    expect(new Set(pages.map((page) => page.dedup_key)).size).toBe(1);
    expect(pages.map((page) => page.event_action).join(' ')).toBe(
      'trigger trigger resolve trigger resolve trigger resolve trigger resolve resolve',
    );
  });

  test('ends with nothing left open in any known incident', () => {
    const open = new Set<string>();
    for (const event of realEvents) {
      const body = render('pagerduty', event)?.body;
      if (body === undefined) continue;
      const { event_action: action, dedup_key: key } = parsed(body) as { event_action: string; dedup_key: string };
      if (action === 'trigger') open.add(key);
      else open.delete(key);
    }
    expect([...open]).toEqual([]);
  });
});

describe('Alertmanager', () => {
  interface Alert {
    readonly labels: Readonly<Record<string, string>>;
    readonly startsAt: string;
    readonly endsAt: string;
  }
  const alertsOf = (event: UnroutableEvent): readonly Alert[] =>
    parsed(render('alertmanager', event)?.body ?? '[]') as Alert[];
  const keyOf = ({ labels }: Alert) => Object.values(labels).join(' ');

  test('fires while a country is unroutable and is over when it is restored, under the same labels', () => {
    const firing = new Set<string>();
    const story = realEvents
      .filter(({ data }) => 'verdict' in data)
      .map((event) => {
        for (const alert of alertsOf(event)) {
          if (alert.endsAt > event.time) firing.add(keyOf(alert));
          else firing.delete(keyOf(alert));
        }
        return `${event.type}: ${[...firing].join(', ')}`;
      });
    expect(new Set(story)).toEqual(
      new Set([
        'country.unroutable: CountryUnroutable critical KP ipv4',
        'country.degraded: CountryDegraded warning KP ipv4',
        'country.restored: ',
      ]),
    );
  });

  test('never ends before it starts', () => {
    for (const alert of events.flatMap(alertsOf)) expect(alert.endsAt >= alert.startsAt).toBe(true);
  });
});

function render(name: string, event: UnroutableEvent) {
  return TEMPLATES[name]?.(event, realSentence);
}

function parsed(body: string): unknown {
  return JSON.parse(body);
}
