import { elementLine, elementLineReader } from '../bgp/element-line.ts';
import type { ProbeElement } from '../bgp/element.ts';
import { SERVICES, targetText } from '../bgp/probe.ts';
import type { EventTime } from '../bgp/time.ts';
import type { VantageLine, Reach } from '../reach/reach.ts';
import type { ReachLevel } from '../reach/target-reach.ts';
import type { TerritoryReach } from '../reach/territory-reach.ts';
import { absent, converted, list, object, optional, recordText, word, type Codec } from './codec.ts';
import type { EngineChange } from './record.ts';
import { count, flag, ofText, text, time } from './values.ts';

const readLine = elementLineReader();

/** The result of a probe, as a line of text. */
const probe: Codec<ProbeElement> = ofText((line) => {
  const element = readLine(line);
  return element.type === 'probe' ? element : undefined;
}, elementLine);

/** The time of the latest result. */
export const reachNow: Codec<{ readonly now: EventTime }> = object({ now: time });

/** The network line of a vantage point, with the last result of each control. */
export const vantageLine: Codec<VantageLine> = object({
  controls: converted(list(probe), {
    from: (controls): ReadonlyMap<string, ProbeElement> =>
      new Map(controls.map((element) => [targetText(element.target), element])),
    to: (controls) => [...controls.values()],
  }),
  isDown: flag,
  upSince: optional(time),
});

const verdict = word(['reachable', 'partly', 'unreachable', 'unknown']);
const level = word<ReachLevel>(['silent', 'reached', 'answers']);

const target = object({
  last: probe,
  level: optional(level),
  since: time,
  turning: absent(object({ level, since: time, rounds: count })),
});

/** The reachability of a territory. */
export const territoryReach: Codec<ReturnType<TerritoryReach['snapshot']>> = converted(
  object({
    territory: object({
      verdict,
      since: time,
      reason: optional(word(['own-line', 'too-few-targets', 'no-results'])),
    }),
    services: list(object({ service: word(SERVICES), verdict, since: time })),
    pending: absent(object({ since: time, changed: time, aims: text })),
    targets: list(target),
  }),
  {
    from: ({ services, targets, ...rest }) => ({
      state: { ...rest, services: new Map(services.map(({ service, ...decided }) => [service, decided])) },
      targets,
    }),
    to: ({ state: { services, ...rest }, targets }) => ({
      ...rest,
      services: [...services].map(([service, decided]) => ({ service, ...decided })),
      targets,
    }),
  },
);

/** The records of reachability at `at`; none before the first result. */
export function reachRecords(reach: Reach, at: EventTime): readonly EngineChange[] {
  if (reach.now === undefined) return [];
  const now = Math.max(at, reach.now) as EventTime;
  const engine = (key: string, value: string): EngineChange => ({ space: 'engine', key, value });
  return [
    engine('reach-now', recordText(reachNow, { now: reach.now })),
    ...[...reach.lines.snapshot()].map(([id, line]) => engine(`reach-line ${id}`, recordText(vantageLine, line))),
    ...reach.territories
      .filter(({ isProbed }) => isProbed)
      .flatMap((one): readonly EngineChange[] => [
        engine(`reach ${one.territory.id}`, recordText(territoryReach, one.snapshot())),
        { space: 'reachability', key: one.territory.id, value: JSON.stringify(one.view(now)) },
      ]),
  ];
}
