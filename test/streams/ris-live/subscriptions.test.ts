import { expect, test } from 'vitest';
import { parseCollector } from '../../../src/bgp/peer.ts';
import { CONTROL_PREFIXES, RIS_COLLECTORS } from '../../../streams/ris-live/control-prefixes.ts';
import {
  Acknowledgements,
  subscribeText,
  subscriptionsOf,
  urlWithClient,
} from '../../../streams/ris-live/subscriptions.ts';
import { KP, prefix } from '../../support/day.ts';

const controls = CONTROL_PREFIXES.map((control) => control.prefix);
const rrc = (text: string) => parseCollector(text) ?? RIS_COLLECTORS[0] ?? ('' as never);

test('a territory is subscribed with what lies in it and what covers it, control prefixes exactly', () => {
  const all = subscriptionsOf({ blocks: KP.blocks, controls, collectors: undefined });
  expect(all.slice(-2)).toEqual([
    { prefix: ['175.45.176.0/22'], moreSpecific: true, lessSpecific: true },
    { prefix: controls.map(({ text }) => text), moreSpecific: false, lessSpecific: false },
  ]);
  expect(all.every(({ host }) => host === undefined)).toBe(true);
});

test('of some collectors, each has all of it, and names its host', () => {
  const all = subscriptionsOf({ blocks: KP.blocks, controls, collectors: [rrc('rrc00'), rrc('rrc13')] });
  expect(all.length).toBe(14);
  expect(all.filter(({ host }) => host === 'rrc13').length).toBe(7);
});

test('a country of a thousand blocks is subscribed with twenty messages', () => {
  const blocks = Array.from({ length: 1000 }, (_, i) => prefix(`10.${i >> 8}.${i & 255}.0/24`));
  const all = subscriptionsOf({ blocks, controls: [], collectors: undefined });
  expect(all.filter((one) => one.prefix !== undefined).length).toBe(20);
  expect(new Set(all.flatMap((one) => one.prefix ?? [])).size).toBe(1000);
});

test('each asks for its acknowledgement, and no raw bytes', () => {
  expect(JSON.parse(subscribeText({ type: 'KEEPALIVE' }))).toEqual({
    type: 'ris_subscribe',
    data: { type: 'KEEPALIVE', socketOptions: { includeRaw: false, acknowledge: true } },
  });
});

test('a client has a name, whatever the URL has already', () => {
  expect(urlWithClient('ws://127.0.0.1:80/v1/ws/?x=1&client=old', 'unroutable-0.1.0')).toBe(
    'ws://127.0.0.1/v1/ws/?x=1&client=unroutable-0.1.0',
  );
});

test('an acknowledgement counts however the server spells it', () => {
  const acknowledgements = new Acknowledgements();
  acknowledgements.expect({ host: 'rrc00', prefix: ['175.45.176.0/22', '2001:db8::/32'] });
  acknowledgements.expect({ host: 'rrc00', type: 'KEEPALIVE' });
  expect(acknowledgements.missing.length).toBe(3);
  acknowledgements.acknowledge({ host: 'rrc00.ripe.net', prefix: '175.45.176.0/22', type: null, moreSpecific: true });
  acknowledgements.acknowledge({ host: 'rrc00.ripe.net', prefix: '2001:db8:0:0:0:0:0:0/32' });
  acknowledgements.acknowledge({ host: 'rrc13', type: 'KEEPALIVE' });
  expect(acknowledgements.missing).toEqual(['rrc00: KEEPALIVE ']);
  acknowledgements.acknowledge({ host: 'rrc00', type: 'KEEPALIVE', prefix: null });
  expect(acknowledgements.missing).toEqual([]);
});

test('of the two names of peer state, the server needs to know one', () => {
  const acknowledgements = new Acknowledgements();
  acknowledgements.expect({ type: 'RIS_PEER_STATE' });
  acknowledgements.expect({ type: 'STATE' });
  expect(acknowledgements.missing.length).toBe(2);
  acknowledgements.acknowledge({ type: 'STATE' });
  expect(acknowledgements.missing).toEqual([]);
});
