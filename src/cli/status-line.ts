import type { LiveStats } from '../../streams/ris-live/figures.ts';
import type { TerritoryStatus } from '../engine.ts';
import { durationText, utcText } from '../report/clock.ts';
import { counted, percent, printable } from '../report/printable.ts';

/**
 * How it stands now, in one line:
 * `KP routable since 2014-12-23 01:46:16 UTC, 4/4 networks, 100 % of 36 voters | 2 collectors, oldest 3 s | 412/s, lag 0.8 s`
 */
export function statusLine(statuses: readonly TerritoryStatus[], stats: LiveStats): string {
  return printable([...statuses.map(territoryText), feedText(stats)].join(' | '));
}

function territoryText({ territory, family, verdict, since, visibility }: TerritoryStatus): string {
  const name = family === 'ipv4' ? territory.id : `${territory.id}/IPv6`;
  const when = since === 0 ? '' : ` since ${utcText(since)}`;
  const { share, voters, unitsVisible, units } = visibility;
  const seen =
    voters === 0 ? 'no voters' : `${unitsVisible}/${units} networks, ${percent(share)} of ${counted(voters, 'voter')}`;
  return `${name} ${verdict}${when}, ${seen}`;
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
