import { expect, test } from 'vitest';
import { createLogger, liveLog, logLive } from '../../src/app/log.ts';
import { parseCollector, type Collector } from '../../src/bgp/peer.ts';
import { statusLine } from '../../src/cli/watch/status-line.ts';
import { clock, Day } from '../support/day.ts';
import type { LiveReport } from '../../streams/ris-live/report.ts';
import { Text } from '../support/text.ts';

/** What a terminal shows of it, without the time of day. */
function spoken(report: LiveReport): string {
  const stderr = Object.assign(new Text(), { isTTY: true });
  const io = { stdout: new Text(), stderr, env: {}, signal: new AbortController().signal };
  logLive(
    createLogger(io, () => undefined),
    report,
  );
  return stderr.text.replace(/^\d\d:\d\d:\d\d /, '');
}

test('odd behaviour of the feed is logged in words, and counted', () => {
  const odd = (what: string) => spoken({ type: 'odd', what, count: 10_000, sample: 'x' });
  expect(odd('absurd')).toBe('warning: messages that are more than a day old (dropped): 10,000 so far\n');
  for (const name of ['absurd', 'ahead', 'stale', 'late', 'duplicate'])
    expect(odd(name)).toMatch(/^warning: messages /);
  expect(odd('it is not JSON')).toBe('warning: it is not JSON: 10,000 so far\n');
});

test('for a feed of another time the log says how far it is behind, and how to watch a recording', () => {
  const differ = (behindMs: number) => spoken({ type: 'clocks-differ', behindMs });
  const ask = "this machine's clock: is the clock right, or the feed late?";
  expect(differ(190_000)).toBe(`warning: the feed is 3 min 10 s behind ${ask}\n`);
  expect(differ(-190_000)).toBe(`warning: the feed is 3 min 10 s ahead of ${ask}\n`);
  expect(differ(90_000_000)).toBe(
    `warning: the feed is 1 d 1 h behind ${ask} A recording is watched with --history.\n`,
  );
});

test('collectors that are lost at one moment are one line, and so are those that send again', async () => {
  const stderr = Object.assign(new Text(), { isTTY: true });
  const io = { stdout: new Text(), stderr, env: {}, signal: new AbortController().signal };
  const say = liveLog(createLogger(io, () => undefined));
  const names = ['rrc00', 'rrc01', 'rrc03'].flatMap((name): Collector[] => [parseCollector(name) ?? []].flat());
  const at = clock('12:00');
  for (const collector of names) say({ type: 'gap', collector, reason: 'disconnected', at, heardAt: at });
  await Promise.resolve();
  for (const collector of names) say({ type: 'heard-again', collector, at });
  await Promise.resolve();
  expect(stderr.text.split('\n').map((line) => line.slice(9))).toEqual([
    expect.stringMatching(/^warning: no data from 3 collectors \(rrc00, rrc01, rrc03\): /),
    '3 collectors (rrc00, rrc01, rrc03) send again',
    '',
  ]);
});

test('a territory without any data is not shown as 0 of its networks', () => {
  const { engine } = new Day();
  expect(statusLine({ engine, feed: undefined, behind: undefined })).toBe(
    'no data yet | KP unknown, 4 networks, 0 voters',
  );
});
