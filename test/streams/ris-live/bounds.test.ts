import { expect, test } from 'vitest';
import type { Element } from '../../../src/bgp/element.ts';
import { Controls } from '../../../streams/ris-live/controls.ts';
import { CONTROL_PREFIXES } from '../../../streams/ris-live/control-prefixes.ts';
import { decode, type FeedMessage } from '../../../streams/ris-live/decode.ts';
import { Intake, MAX_HELD, MAX_HELD_ELEMENTS, MAX_IDS } from '../../../streams/ris-live/intake.ts';
import { MAX_PEERS, Names } from '../../../streams/ris-live/names.ts';
import { Oddities } from '../../../streams/oddities.ts';
import type { LiveReport } from '../../../streams/ris-live/report.ts';
import { WatchedRoutes } from '../../../streams/ris-live/watched-routes.ts';
import { clock as day, KP } from '../../support/day.ts';
import { announce, keepalive, withdraw } from './peer-server.ts';

const noon = day('12:00');

function intakeOf(): {
  intake: Intake;
  elements: Element[];
  reports: LiveReport[];
  send: (frame: object, ms?: number) => void;
} {
  const elements: Element[] = [];
  const reports: LiveReport[] = [];
  const report = (one: LiveReport): void => void reports.push(one);
  const put = (element: Element): void => void elements.push(element);
  const odd = new Oddities((one) => report({ type: 'odd', ...one }));
  const intake = new Intake({ timeline: 'live', reorderMs: 2000, put, report, odd });
  intake.begin(noon, 0);
  const reading = { names: new Names(), routes: new WatchedRoutes(KP.blocks) };
  const send = (frame: object, ms = 0): void => {
    const decoded = decode(JSON.stringify(frame), reading);
    if (decoded.kind === 'message') intake.message(decoded, ms);
    else if (decoded.kind === 'unreadable') intake.unreadable(decoded, '', ms);
  };
  return { intake, elements, reports, send };
}

test('a feed that sends everything at one moment, with ever new ids, sessions and faults, is held within bounds', () => {
  const { intake, elements, reports, send } = intakeOf();
  for (let i = 0; i < 260_000; i++) {
    const peer = `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`;
    if (i % 3 === 0) send(announce({ at: noon, peer }, ['175.45.176.0/24']));
    else if (i % 3 === 1) send(keepalive({ at: noon, peer }));
    else send(withdraw({ at: noon, peer: '10.0.0.1' }, ['175.45.177.0/24', 'nonsense', String(i)]));
    intake.release(0, true);
  }
  const sizes = intake.sizes;
  expect(sizes.held).toBeLessThanOrEqual(MAX_HELD);
  expect(sizes.ids).toBeLessThanOrEqual(2 * MAX_IDS);
  expect(sizes.peers).toBeLessThanOrEqual(MAX_PEERS);
  expect(elements.length).toBeGreaterThan(0);
  expect(reports.length).toBeLessThan(30);
}, 120_000);

test('messages of many routes each, all of a moment that has not come, are held within bounds, and none is lost', () => {
  const { intake, elements, send } = intakeOf();
  send(keepalive({ at: noon }));
  const prefixes = Array.from({ length: 1024 }, (_, i) => `175.45.${176 + (i >> 8)}.${i & 255}/32`);
  let most = 0;
  for (let i = 0; i < 600; i++) {
    send(announce({ at: noon + 5000, peer: `10.0.${i >> 8}.${i & 255}` }, prefixes));
    most = Math.max(most, intake.sizes.elements);
    if (intake.isFull) intake.release(0, true);
    expect(intake.isFull).toBe(false);
  }
  expect(most).toBeLessThanOrEqual(MAX_HELD_ELEMENTS + prefixes.length);
  expect(elements.length).toBeGreaterThan(100_000);
  intake.flush();
  expect(intake.sizes.elements).toBe(0);
  expect(elements.filter(({ type }) => type === 'announcement').length).toBe(600 * prefixes.length);
});

test('a message that cannot be read is reported the 1st, 10th and 100th time, and each is a gap of its peer', () => {
  const { intake, elements, reports, send } = intakeOf();
  for (let i = 0; i < 250; i++) send(withdraw({ at: noon }, ['175.45.176.0/33']));
  intake.flush();
  expect(reports.map((report) => report.type === 'odd' && report.count)).toEqual([1, 10, 100]);
  expect(elements.length).toBe(250);
  expect(elements[0]).toMatchObject({ type: 'gap', reason: 'unreadable-message', peer: { address: '198.51.100.1' } });
});

test('news from a clock that runs ahead is not believed, but what it was about is not known any more', () => {
  const { intake, elements, send } = intakeOf();
  send(keepalive({ at: noon }));
  send(withdraw({ at: noon + 600_000 }, ['175.45.176.0/24']), 10);
  intake.flush();
  expect(elements.map(({ type, at }) => [type, at - noon])).toEqual([
    ['tick', 0],
    ['gap', 10],
  ]);
});

test('a collector whose messages are all more than three minutes old counts as silent', () => {
  const { intake, send } = intakeOf();
  for (let ms = 0; ms <= 120_000; ms += 1000) {
    send(keepalive({ at: noon + ms }), ms);
    send(keepalive({ at: noon + ms - 200_000, host: 'rrc13' }), ms);
  }
  const ages = [...intake.activity.ages(120_000)];
  expect(ages).toEqual([
    ['rrc00', 0],
    ['rrc13', 120_000],
  ]);
});

function controlsOf(): { controls: Controls; reports: LiveReport[]; message: (frame: object) => FeedMessage } {
  const reports: LiveReport[] = [];
  const controls = new Controls(CONTROL_PREFIXES, KP.blocks, (report) => reports.push(report));
  const blocks = [...KP.blocks, ...CONTROL_PREFIXES.map(({ prefix }) => prefix)];
  const reading = { names: new Names(), routes: new WatchedRoutes(blocks) };
  const message = (frame: object): FeedMessage => {
    const decoded = decode(JSON.stringify(frame), reading);
    if (decoded.kind !== 'message') throw new Error(decoded.kind);
    return decoded;
  };
  return { controls, reports, message };
}

test('control prefixes are received and not passed to the engine; the country’s routes beside them are passed', () => {
  const { controls, message } = controlsOf();
  const taken = controls.take(message(announce({ at: noon }, ['84.205.66.0/24', '175.45.176.0/24'])), 5);
  expect(taken.elements.map((element) => 'prefix' in element && element.prefix.text)).toEqual(['175.45.176.0/24']);
  expect(controls.silentMs(5)).toBe(0);
});

test('a beacon that changes every ten minutes and was not received for 25 is missed', () => {
  const { controls, message } = controlsOf();
  controls.expect(0);
  controls.take(message(withdraw({ at: noon }, ['84.205.66.0/24'])), 10 * 60_000);
  expect(controls.isBeaconSilent(34 * 60_000)).toBe(false);
  expect(controls.isBeaconSilent(35 * 60_000)).toBe(true);
});

test('a peer that announces what is never announced is reported', () => {
  const { controls, reports, message } = controlsOf();
  controls.take(message(withdraw({ at: noon }, ['93.175.158.0/24'])), 0);
  controls.take(message(announce({ at: noon }, ['93.175.158.0/24'])), 0);
  expect(reports).toMatchObject([{ type: 'never-announced-heard', at: noon }]);
  for (let i = 0; i < 1000; i++) controls.take(message(announce({ at: noon }, ['93.175.158.0/24'])), 0);
  expect(reports.length).toBe(4);
});
