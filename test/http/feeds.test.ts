import { expect, test } from 'vitest';
import { systemClock } from '../../src/app/system-clock.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { record, RecordedDay } from '../history/scene.ts';
import { peers } from '../support/day.ts';
import { LOOPBACK, outageStore, serving } from './scene.ts';

const ALL = peers(20);

async function openStore() {
  const store = memoryStore();
  await record(store, new RecordedDay().dump('12:00', ALL).withdraw('13:00:20', ALL).tick('13:10').elements);
  return store;
}

/** The logical lines of a calendar, RFC 5545 section 3.1. */
function unfolded(calendar: string): string[] {
  for (const line of calendar.split('\r\n')) expect(Buffer.byteLength(line)).toBeLessThanOrEqual(75);
  return calendar.replaceAll('\r\n ', '').split('\r\n');
}

test('an incident that was open when the recording ended ends there, not today', async () => {
  const { get } = await serving(await openStore());
  const lines = unfolded(await (await get('/incidents.ics')).text());
  expect(lines).toContain('DTSTART:20141222T130020Z');
  expect(lines).toContain('DTEND:20141222T131100Z');
  expect(lines).toContain('SUMMARY:North Korea unroutable\\, not over when the recording ended');
});

test('a present open incident ends now', async () => {
  const wallMs = () => Date.parse('2014-12-22T13:11:30Z');
  const { get } = await serving(await openStore(), { clock: { ...systemClock, wallMs } });
  const lines = unfolded(await (await get('/incidents.ics')).text());
  expect(lines).toContain('DTEND:20141222T131130Z');
  expect(lines).toContain('SUMMARY:North Korea unroutable\\, not over yet');
});

test('an incident within one second has no end, as an end must be later than the start', async () => {
  const store = await outageStore();
  const [old] = await store.read('past-incidents/KP/ipv4');
  const spans = [{ verdict: 'degraded', from: '2014-12-22T13:00:00.100Z', until: '2014-12-22T13:00:00.900Z' }];
  const value = JSON.stringify({ ...(JSON.parse(old?.value ?? '') as object), id: 'short', spans });
  await store.write([{ space: 'past-incidents/KP/ipv4', key: 'short', value }]);
  const { get } = await serving(store);
  const calendar = (await (await get('/incidents.ics')).text()).split('BEGIN:VEVENT');
  expect(calendar.find((event) => event.includes('UID:short@'))).not.toContain('DTEND');
});

test('the feed changes when an incident does, not with each request', async () => {
  const { get } = await serving(await outageStore());
  expect(await (await get('/feed.xml')).text()).toContain(
    '</title><updated>2014-12-22T14:00:30.000Z</updated><author>',
  );
});

test('badge, feed and calendar name the family: an outage of IPv6 is not one of the country', async () => {
  const store = memoryStore();
  const value = JSON.stringify({ verdict: 'unroutable', since: '2014-12-22T13:00:00.000Z' });
  await store.write([{ space: 'verdicts', key: 'IR/ipv6', value }]);
  const incident = {
    ...{ id: 'a', state: 'closed', worst: 'unroutable', drops: 1, outages: 1, unroutableMs: 1_000 },
    ...{ degradedMs: 0, unknownMs: 0, spans: [{ from: '2014-12-22T13:00:00Z', until: '2014-12-22T13:00:01Z' }] },
  };
  await store.write([{ space: 'past-incidents/IR/ipv6', key: 'a', value: JSON.stringify(incident) }]);
  const { get } = await serving(store);
  expect(await (await get('/badge.svg')).text()).toContain('IR over IPv6: unroutable');
  expect(await (await get('/feed.xml')).text()).toContain('<title>IR over IPv6 unroutable</title>');
  expect(await (await get('/incidents.ics')).text()).toContain('SUMMARY:IR over IPv6 unroutable');
});

test('pages of other hosts may show the badge of a public server, and nothing else of it', async () => {
  const policy = async (path: string, isPublic: boolean) => {
    const { get } = await serving(await outageStore(), { access: { ...LOOPBACK, isPublic } });
    return (await get(path)).headers.get('cross-origin-resource-policy');
  };
  expect(await policy('/badge.svg', true)).toBe('cross-origin');
  expect(await policy('/badge.svg', false)).toBe('same-origin');
  expect(await policy('/api/v1/verdict', true)).toBe('same-origin');
});
