import { elementLine, elementLineReader } from '../bgp/element-line.ts';
import type { ProbeElement } from '../bgp/element.ts';
import { SERVICES, targetText } from '../bgp/probe.ts';
import type { EventTime } from '../bgp/time.ts';
import { countFrom, Fields, timeFrom } from '../lib/fields.ts';
import type { VantageLine, Reach } from '../reach/reach.ts';
import type { ReachLevel, TargetState } from '../reach/target-reach.ts';
import type { TerritoryReach } from '../reach/territory-reach.ts';
import type { EngineChange } from './record.ts';

/** What there is to write down of reachability: nothing, as long as there was no result. */
export function reachRecords(reach: Reach, at: EventTime): readonly EngineChange[] {
  if (reach.now === undefined) return [];
  const now = Math.max(at, reach.now) as EventTime;
  const engine = (key: string, value: unknown): EngineChange => ({
    space: 'engine',
    key,
    value: JSON.stringify(value),
  });
  return [
    engine('reach-now', { now: reach.now }),
    ...[...reach.lines.snapshot()].map(([id, line]) => engine(`reach-line ${id}`, lineValue(line))),
    ...reach.territories
      .filter(({ isProbed }) => isProbed)
      .flatMap((one): readonly EngineChange[] => [
        engine(`reach ${one.territory.id}`, territoryValue(one)),
        { space: 'reachability', key: one.territory.id, value: JSON.stringify(one.view(now)) },
      ]),
  ];
}

function lineValue({ controls, isDown, upSince }: VantageLine) {
  return { controls: [...controls.values()].map(elementLine), isDown, upSince };
}

function territoryValue(one: TerritoryReach) {
  const { state, targets } = one.snapshot();
  return {
    ...state,
    services: [...state.services].map(([service, decided]) => ({ service, ...decided })),
    targets: targets.map(({ last, ...rest }) => ({ last: elementLine(last), ...rest })),
  };
}

/** @throws Error when it was not so written. */
export function parseReachNow(text: string): EventTime {
  return Fields.parse(text).time('now');
}

/** @throws Error when it was not so written. */
export function parseLine(text: string): VantageLine {
  const fields = Fields.parse(text);
  const controls = fields.list('controls', probeFrom);
  return {
    controls: new Map(controls.map((element) => [targetText(element.target), element])),
    isDown: fields.flag('isDown'),
    upSince: fields.optional('upSince', timeFrom),
  };
}

/** @throws Error when it was not so written. */
export function parseTerritoryReach(text: string): ReturnType<TerritoryReach['snapshot']> {
  const fields = Fields.parse(text);
  const territory = fields.fields('territory');
  const reason = territory.optional('reason', () => territory.word('reason', REASONS));
  return {
    state: {
      territory: { ...decidedFrom(territory), reason },
      services: new Map(
        fields.list('services', (value) => {
          const one = new Fields(value);
          return [one.word('service', SERVICES), decidedFrom(one)] as const;
        }),
      ),
      ...pendingFrom(fields),
    },
    targets: fields.list('targets', targetFrom),
  };
}

const REASONS = ['own-line', 'too-few-targets', 'no-results'] as const;
const VERDICTS = ['reachable', 'partly', 'unreachable', 'unknown'] as const;
const LEVELS: readonly ReachLevel[] = ['silent', 'reached', 'answers'];

function decidedFrom(fields: Fields) {
  return { verdict: fields.word('verdict', VERDICTS), since: fields.time('since') };
}

function pendingFrom(fields: Fields) {
  if (fields.value('pending') === undefined) return {};
  const pending = fields.fields('pending');
  return { pending: { since: pending.time('since'), changed: pending.time('changed'), aims: pending.text('aims') } };
}

function targetFrom(value: unknown): TargetState {
  const fields = new Fields(value);
  const turning = fields.optional('turning', (inner) => {
    const one = new Fields(inner);
    return { level: one.word('level', LEVELS), since: one.time('since'), rounds: countFrom(one.value('rounds')) };
  });
  return {
    last: probeFrom(fields.text('last')),
    level: fields.optional('level', () => fields.word('level', LEVELS)),
    since: fields.time('since'),
    ...(turning === undefined ? {} : { turning }),
  };
}

const readLine = elementLineReader();

function probeFrom(text: unknown): ProbeElement {
  const element = readLine(String(text));
  if (element.type !== 'probe') throw new Error('it is not the line of a probe');
  return element;
}
