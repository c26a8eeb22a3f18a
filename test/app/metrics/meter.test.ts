import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { CATALOGUE } from '../../../src/app/metrics/catalogue.ts';
import { Meter } from '../../../src/app/metrics/meter.ts';
import { measured } from '../../../src/app/metrics/measured-store.ts';
import { storeReadings } from '../../../src/app/metrics/store-readings.ts';
import { countDelivery } from '../../../src/app/watch/watch-readings.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import { record, RecordedDay } from '../../history/scene.ts';
import { outageStore } from '../../http/scene.ts';
import { ROOT } from '../../support/cli.ts';
import { peers } from '../../support/day.ts';

/** The value of a series by its name and labels, as the text has it. */
function valueOf(text: string, series: string): string | undefined {
  return text
    .split('\n')
    .find((line) => line.startsWith(`${series} `))
    ?.slice(series.length + 1);
}

test('docs/metrics.md has a row for each metric, with its type, labels and meaning', () => {
  const rows = readFileSync(join(ROOT, 'docs/metrics.md'), 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| `unroutable_'))
    .map((line) =>
      line
        .split('|')
        .map((cell) => cell.trim().replaceAll('`', ''))
        .slice(1, -1),
    );
  expect(rows).toEqual(
    Object.entries(CATALOGUE).map(([name, { type, labels, help }]) => [name, type, labels.join(', '), help]),
  );
});

test('names follow the conventions: counters end in _total, times in _seconds, and every metric has its help', () => {
  for (const [name, { type, help }] of Object.entries(CATALOGUE)) {
    expect(name).toMatch(/^unroutable_[a-z][a-z0-9]*(_[a-z0-9]+)*$/);
    expect([name, name.endsWith('_total')]).toEqual([name, type === 'counter']);
    expect([name, help.length > 0]).toEqual([name, true]);
  }
});

test('the content of a store is reported: verdict, visibility, voters, incidents', async () => {
  const meter = new Meter();
  const store = await outageStore();
  meter.add(() => storeReadings(store));
  const text = await meter.text();
  const of = 'territory="KP",family="ipv4"';
  expect(valueOf(text, `unroutable_verdict{${of},verdict="routable"}`)).toBe('1');
  expect(valueOf(text, `unroutable_verdict{${of},verdict="unroutable"}`)).toBe('0');
  expect(valueOf(text, `unroutable_visibility_ratio{${of}}`)).toBe('1');
  expect(valueOf(text, `unroutable_voters{${of}}`)).toBe('20');
  expect(valueOf(text, `unroutable_network_visibility_ratio{${of},network="175.45.178.0/24"}`)).toBe('1');
  expect(valueOf(text, 'unroutable_leaders')).toBe('0');
});

test('blindness is not a visibility of 0: the series are absent', async () => {
  const store = memoryStore();
  await record(store, new RecordedDay().dump('12:00', peers(20)).gap('13:00', 'rrc00').tick('14:00').elements);
  const meter = new Meter();
  meter.add(() => storeReadings(store));
  const text = await meter.text();
  expect(text).toContain('verdict="unknown"} 1');
  expect(text).not.toMatch(/^unroutable_(network_)?visibility_ratio\{/m);
});

test('a series that is gone does not stay, and a source that fails takes only its own series along', async () => {
  const meter = new Meter();
  let webhooks = ['desk', 'phone'];
  meter.add(() => webhooks.map((webhook) => ['unroutable_webhook_queue_length', 1, { webhook }]));
  meter.add(() => Promise.reject(new Error('the store is away')));
  expect(await meter.text()).toContain('unroutable_webhook_queue_length{webhook="phone"} 1');
  webhooks = ['desk'];
  const text = await meter.text();
  expect(text).toContain('unroutable_webhook_queue_length{webhook="desk"} 1');
  expect(text).not.toContain('phone');
});

test('a value that could not be read has no series: a store that is away is not one without a leader', async () => {
  expect(await new Meter().text()).not.toMatch(/^unroutable_(leaders?|ready|event_lag_seconds|stored_events) /m);
});

test('text of a feed cannot break the format: quotes, backslashes and line breaks are escaped', async () => {
  const meter = new Meter();
  meter.add(() => [['unroutable_feed_silence_seconds', 1, { collector: 'rrc"00\\\nunroutable_ready 0' }]]);
  const text = await meter.text();
  expect(text).toContain('unroutable_feed_silence_seconds{collector="rrc\\"00\\\\\\nunroutable_ready 0"} 1');
  expect(text).not.toMatch(/^unroutable_ready 0/m);
});

test('a total that is counted elsewhere is reported as it is, not added up at each scrape', async () => {
  const meter = new Meter();
  meter.add(() => [['unroutable_feed_messages_total', 7]]);
  await meter.text();
  expect(valueOf(await meter.text(), 'unroutable_feed_messages_total')).toBe('7');
});

test('scrapes at the same time cause one read of the store', async () => {
  const meter = new Meter();
  let looks = 0;
  meter.add(async () => {
    looks++;
    await new Promise((resolve) => setImmediate(resolve));
    return [];
  });
  await Promise.all(Array.from({ length: 50 }, () => meter.text()));
  expect(looks).toBe(1);
});

test('the store is the same when it is measured; its answers are timed, its commits, events and errors counted', async () => {
  const meter = new Meter();
  const inner = memoryStore();
  const store = measured(inner, meter);
  await record(store, new RecordedDay().dump('12:00', peers(20)).withdraw('13:00', peers(20)).tick('13:10').elements);
  const failing = measured({ ...inner, load: () => Promise.reject(new Error('away')) }, meter);
  await expect(failing.load()).rejects.toThrow('away');
  const text = await meter.text();
  expect(Number(valueOf(text, 'unroutable_commits_total'))).toBeGreaterThanOrEqual(2);
  expect(valueOf(text, 'unroutable_events_total{type="country.unroutable"}')).toBe('1');
  expect(valueOf(text, 'unroutable_store_errors_total{operation="load"}')).toBe('1');
  const commits = valueOf(text, 'unroutable_store_operation_duration_seconds_count{operation="commit"}');
  expect(commits).toBe(valueOf(text, 'unroutable_commits_total'));
});

test('deliveries are counted by their outcome', async () => {
  const meter = new Meter();
  const attempt = { n: 0, atMs: 0, eventId: 'e', type: 't', attempt: 1, ms: 1 };
  countDelivery({ type: 'attempt', endpoint: 'desk', attempt: { ...attempt, ok: true } }, meter);
  countDelivery({ type: 'attempt', endpoint: 'desk', attempt: { ...attempt, ok: false } }, meter);
  countDelivery({ type: 'attempt', endpoint: 'desk', attempt: { ...attempt, ok: false, dead: true } }, meter);
  const text = await meter.text();
  for (const outcome of ['delivered', 'failed', 'given-up'])
    expect(valueOf(text, `unroutable_webhook_deliveries_total{webhook="desk",outcome="${outcome}"}`)).toBe('1');
});
