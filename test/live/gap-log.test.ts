import { expect, test } from 'vitest';
import { parseCollector, type Collector } from '../../src/bgp/peer.ts';
import { GapLog } from '../../src/app/feed/gap-log.ts';
import { clock } from '../support/day.ts';

function collector(text: string): Collector {
  const name = parseCollector(text);
  if (name === undefined) throw new Error(text);
  return name;
}

const rrc00 = collector('rrc00');
const rrc01 = collector('rrc01');

test('gaps that are over are one span, from the last message before the first to the first message after the last', () => {
  const gaps = new GapLog();
  gaps.gap(rrc00, clock('12:00'));
  gaps.gap(rrc01, clock('12:01'));
  expect(gaps.take()).toBeUndefined();
  gaps.end(rrc00, clock('12:05'));
  gaps.end(rrc01, clock('12:04'));
  expect(gaps.take()).toMatchObject({ from: clock('12:00'), to: clock('12:05'), collectors: [rrc00, rrc01] });
  expect(gaps.take()).toBeUndefined();
});

test('an earlier miss is merged with a gap that is open, or not healed yet', () => {
  const gaps = new GapLog();
  gaps.gap(rrc00, clock('12:10'));
  gaps.gap(rrc00, clock('12:00'));
  gaps.end(rrc00, clock('12:15'));
  gaps.gap(rrc00, clock('12:20'));
  gaps.end(rrc00, clock('12:25'));
  expect(gaps.take()).toMatchObject({ from: clock('12:00'), to: clock('12:25') });
});

test('a span that could not be healed is put back, and grows with what is missed since', () => {
  const gaps = new GapLog();
  gaps.gap(rrc00, clock('12:00'));
  gaps.end(rrc00, clock('12:05'));
  const span = gaps.take();
  if (span === undefined) throw new Error('no span');
  gaps.gap(rrc00, clock('12:10'));
  gaps.putBack(span);
  expect(gaps.take()).toBeUndefined();
  gaps.end(rrc00, clock('12:15'));
  expect(gaps.take()).toMatchObject({ from: clock('12:00'), to: clock('12:15') });
});

test('a wait for the end of a gap ends with the gap, and with the log', async () => {
  const gaps = new GapLog();
  const stop = new AbortController();
  gaps.gap(rrc00, clock('12:00'));
  const over = gaps.over(stop.signal);
  gaps.end(rrc00, clock('12:05'));
  await over;
  gaps.take();
  const end = gaps.over(stop.signal);
  stop.abort();
  await end;
});
