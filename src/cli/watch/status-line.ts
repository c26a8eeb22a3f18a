import type { LiveStats } from '../../../streams/ris-live/figures.ts';
import type { TerritoryStatus } from '../../engine.ts';
import { durationText, utcText } from '../../report/clock.ts';
import { counted, percent, printable } from '../../report/printable.ts';
import type { WatchView } from '../../app/watch/parts.ts';

/**
 * The present state in one line:
 * `2014-12-23 02:00:00 UTC | KP routable, 4/4 networks, 36 voters | 2 collectors, oldest 3 s, 412/s, lag 0.8 s`
 */
export function statusLine({ engine, feed, behind }: WatchView): string {
  const listening = feed === undefined ? [] : [feedText(feed.live.stats())];
  if (engine === undefined)
    return printable(
      [behind === undefined ? 'waits for the lease' : `stands by, ${behind} is the leader`, ...listening].join(' | '),
    );
  const at = engine.now === undefined ? 'no data yet' : utcText(engine.now);
  return printable([at, ...engine.status().map(territoryText), ...listening].join(' | '));
}

function territoryText({ territory, family, verdict, visibility, pending }: TerritoryStatus): string {
  const name = family === 'ipv4' ? territory.id : `${territory.id}/IPv6`;
  const next = pending === undefined ? '' : ` (${pending.verdict}?)`;
  const { share, voters, unitsVisible, units } = visibility;
  const seen = voters === 0 || share === 1 ? '' : ` ${percent(share)}`;
  // Do not print "0/4 networks" here: it would look like an outage.
  if (verdict === 'unknown') return `${name} unknown${next}, ${counted(units, 'network')}, ${counted(voters, 'voter')}`;
  return `${name} ${verdict}${next}, ${unitsVisible}/${units} networks${seen}, ${counted(voters, 'voter')}`;
}

function feedText({ lines, collectorAges, messagesPerSecond, lagMs }: LiveStats): string {
  const down = lines.filter(({ state }) => state !== 'subscribed');
  const oldest = Math.max(0, ...collectorAges.values());
  const parts = [
    down.map(({ name, state }) => `${name} ${state}`).join(', '),
    `${counted(collectorAges.size, 'collector')}, oldest ${durationText(oldest)}`,
    `${messagesPerSecond.toFixed(messagesPerSecond < 10 ? 1 : 0)}/s`,
    lagMs === undefined ? '' : `lag ${(lagMs / 1000).toFixed(1)} s`,
  ];
  return parts.filter((part) => part !== '').join(', ');
}
