import { decode, encode } from 'dns-packet';
import { afterEach, expect, test } from 'vitest';
import type { ProbeElement } from '../../../src/bgp/element.ts';
import { targetText, type ProbeTarget } from '../../../src/bgp/probe.ts';
import { eventTimeOf } from '../../../src/bgp/time.ts';
import { ETIQUETTE } from '../../../streams/probe/etiquette.ts';
import {
  probing,
  type LastAsked,
  type Probed,
  type ProbePlan,
  type ProbeReport,
} from '../../../streams/probe/rounds.ts';
import { HandClock, settled, until } from '../../support/clock.ts';
import { closeAll, targetAt, tcpServer, udpServer, USER_AGENT } from './servers.ts';

afterEach(closeAll);

const MINUTE = 60_000;
const START = Date.parse('2026-11-28T12:00:00Z');

function ofKp(target: ProbeTarget): Probed {
  return { territory: 'KP', service: 'dns', target };
}

function ofLine(target: ProbeTarget): Probed {
  return { territory: undefined, service: 'dns', target };
}

interface Scene {
  readonly elements: ProbeElement[];
  readonly reports: ProbeReport[];
  /** `11 answered`: minutes since the start, of a territory or of the controls. */
  minutes(of: string | undefined): readonly string[];
  turn(ms: number): Promise<void>;
  end(): Promise<void>;
}

function begin(plan: Pick<ProbePlan, 'controls' | 'targets'>, last?: ReadonlyMap<string, LastAsked>): Scene {
  const clock = new HandClock(START);
  const stop = new AbortController();
  const elements: ProbeElement[] = [];
  const reports: ProbeReport[] = [];
  const asking = { everyMs: ETIQUETTE.everyMs, ask: { timeoutMs: 5_000, userAgent: USER_AGENT } };
  const parts = { clock, random: () => 0.5, report: (report: ProbeReport) => reports.push(report) };
  const reading = (async () => {
    const source = probing({ ...plan, ...asking }, { ...parts, ...(last === undefined ? {} : { last }) }, stop.signal);
    for await (const element of source) elements.push(element);
  })();
  return {
    elements,
    reports,
    minutes: (of) =>
      elements.flatMap(({ at, territory, result }) => (territory === of ? [`${(at - START) / MINUTE} ${result}`] : [])),
    turn: (ms) => clock.turn(ms),
    async end() {
      stop.abort();
      await reading;
    },
  };
}

interface NameServer {
  readonly target: ProbeTarget;
  readonly packets: readonly Buffer[];
}

/** A name server that answers with the rcode that `rcode` gives, and stores the questions. */
async function nameServer(host: string, rcode: () => number = () => 0): Promise<NameServer> {
  const server = await udpServer((packet) => {
    const { id = 0, questions = [] } = decode(packet);
    const flags = rcode();
    return [encode({ type: 'response', id, flags, questions, answers: flags === 0 ? [SOA] : [] })];
  }, host);
  return { target: targetAt('dns-soa', server.port, 'kp.', host), packets: server.packets };
}

const SOA = { type: 'SOA', name: 'kp', data: { mname: 'ns1.kptc.kp', rname: 'root.kptc.kp', serial: 1 } } as const;

test('each target is asked once in a round, the controls first, one at a time, and rounds begin eleven minutes apart', async () => {
  const log: string[] = [];
  const serve = async (name: string): Promise<ProbeTarget> => {
    const { port } = await tcpServer((socket) => {
      log.push(`${name} begins`);
      setTimeout(() => {
        log.push(`${name} ends`);
        socket.write('220 mail.example.kp\r\n');
      }, 20);
    });
    return targetAt('smtp-banner', port);
  };
  const [a, b, c] = [await serve('control'), await serve('one'), await serve('two')];
  const scene = begin({ controls: [ofLine(a)], targets: [ofKp(b), ofKp(c)] });
  await until(() => scene.elements.length === 3, 'the first round');
  await scene.turn(ETIQUETTE.everyMs);
  await until(() => scene.elements.length === 6, 'the second round');
  await scene.end();
  const round = ['control', 'one', 'two'].flatMap((name) => [`${name} begins`, `${name} ends`]);
  expect(log).toEqual([...round, ...round]);
  expect(scene.minutes(undefined)).toEqual(['0 answered', '11 answered']);
  expect(scene.elements[0]).toMatchObject({ vantage: { id: 'own' }, everyMs: 11 * MINUTE });
});

test('another result is checked once, half a minute later: when both agree the first one counts, else the second', async () => {
  const control = await nameServer('127.45.176.15');
  // Question 1 of round 1; 2 and 3 of round 2 agree; 4 of round 3; 5 and 6 of round 4 do not.
  const rcodes = [0, 2, 2, 2, 0, 2];
  const target: NameServer = await nameServer('127.45.176.16', () => rcodes[target.packets.length - 1] ?? 0);
  const scene = begin({ controls: [ofLine(control.target)], targets: [ofKp(target.target)] });
  await until(() => scene.elements.length === 2, 'the first round');
  await scene.turn(ETIQUETTE.everyMs);
  await until(() => target.packets.length === 2, 'the second round');
  await scene.turn(29_000);
  expect(target.packets).toHaveLength(2);
  await scene.turn(1000);
  await until(() => scene.elements.length === 4, 'the check');
  await scene.turn(ETIQUETTE.everyMs - 30_000);
  await until(() => scene.elements.length === 6, 'the third round');
  await scene.turn(ETIQUETTE.everyMs);
  await until(() => target.packets.length === 5, 'the fourth round');
  await scene.turn(30_000);
  await until(() => scene.elements.length === 8, 'the second check');
  await scene.end();
  expect(target.packets).toHaveLength(6);
  expect(scene.minutes('KP')).toEqual(['0 answered', '11 refused', '22 refused', '33.5 refused']);
});

test('no target is asked within five minutes of the last question, also when that was of an earlier process', async () => {
  const [control, target] = [await nameServer('127.45.176.15'), await nameServer('127.45.176.16')];
  const at = eventTimeOf(START - MINUTE);
  const last = new Map(at === undefined ? [] : [[targetText(target.target), { at, result: 'answered' as const }]]);
  const scene = begin({ controls: [ofLine(control.target)], targets: [ofKp(target.target)] }, last);
  await until(() => scene.elements.length === 1, 'the control');
  await scene.turn(4 * MINUTE - 1000);
  expect(target.packets).toHaveLength(0);
  await scene.turn(1000);
  await until(() => target.packets.length === 1, 'the question');
  await scene.end();
});

test('while no control can be reached, no target is asked, and the own line is reported', async () => {
  const target = await nameServer('127.45.176.16');
  const scene = begin({ controls: [], targets: [ofKp(target.target)] });
  await settled();
  await scene.end();
  expect([target.packets.length, scene.elements.length]).toEqual([0, 0]);
  expect(scene.reports).toEqual([{ type: 'own-line', controls: 0 }]);
});

test('a neighbour of the targets receives nothing', async () => {
  const [control, target] = [await nameServer('127.45.176.15'), await nameServer('127.45.176.16')];
  const canary = await nameServer('127.45.176.17');
  const scene = begin({ controls: [ofLine(control.target)], targets: [ofKp(target.target)] });
  await until(() => scene.elements.length === 2, 'the first round');
  await scene.turn(ETIQUETTE.everyMs);
  await until(() => scene.elements.length === 4, 'the second round');
  await scene.end();
  expect(canary.packets).toHaveLength(0);
});
