import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { pathText } from '../../../../src/bgp/as-path.ts';
import type { Element, RouteElement } from '../../../../src/bgp/element.ts';
import type { Collector } from '../../../../src/bgp/peer.ts';
import { recordDecoders } from '../../../../streams/mrt/decode/decode.ts';

/**
 * What four daemons recorded of the same day: three peers announce North Korea, half of it moves, all of it is
 * withdrawn.
 */

const FIXTURES = new URL('../../../fixtures/daemons/', import.meta.url);
const PEERS = [
  ['127.0.0.11', 64500],
  ['127.0.0.12', 64501],
  ['127.0.0.13', 64502],
] as const;

function elementsOf(...files: readonly string[]): readonly Element[] {
  const create = recordDecoders();
  return files.flatMap((file) => {
    const decoder = create('lab' as Collector);
    const { elements, problems } = decoder.decode(readFileSync(new URL(file, FIXTURES)));
    decoder.close();
    expect(problems).toEqual([]);
    return elements;
  });
}

const statesOf = (elements: readonly Element[]): string[] =>
  elements.flatMap((element) =>
    element.type === 'peer-state' ? [`${element.state} ${element.peer.address} ${element.peer.asn}`] : [],
  );
const routesOf = (elements: readonly Element[]): RouteElement[] =>
  elements.flatMap((element) => (element.type === 'announcement' || element.type === 'rib' ? [element] : []));
const all = (state: string): string[] => PEERS.map(([address, asn]) => `${state} ${address} ${asn}`);
const count = (elements: readonly Element[], type: Element['type']): number =>
  elements.filter((element) => element.type === type).length;

describe('updates', () => {
  const recordings = {
    BIRD: ['bird-updates.mrt'],
    FRR: ['frr-updates.20141222.160000.mrt', 'frr-updates.20141222.160100.mrt', 'frr-updates.20141222.160200.mrt'],
    OpenBGPD: [
      'openbgpd-all.20141222.160000.mrt',
      'openbgpd-all.20141222.160100.mrt',
      'openbgpd-all.20141222.160200.mrt',
    ],
    GoBGP: ['gobgp-updates.20261121.212906.mrt', 'gobgp-updates.20261121.213006.mrt'],
  };

  for (const [daemon, files] of Object.entries(recordings)) {
    it(`of ${daemon}: 15 routes, four withdrawn, four come back over another upstream, 15 withdrawn`, () => {
      const elements = elementsOf(...files);
      expect(count(elements, 'announcement')).toBe(19);
      expect(count(elements, 'withdrawal')).toBe(19);
      expect(count(elements, 'gap')).toBe(0);
      const tails = elements.flatMap((element) =>
        element.type === 'announcement' ? [pathText(element.path.slice(-2))] : [],
      );
      expect(tails).toEqual([...Array(15).fill('4837 131279'), ...Array(4).fill('20485 131279')]);
    });
  }

  for (const daemon of ['BIRD', 'FRR', 'OpenBGPD'] as const) {
    it(`of ${daemon}: each session comes up once and goes down once, whatever its state records call the peer`, () => {
      const states = statesOf(elementsOf(...recordings[daemon]));
      expect(states.slice(0, 3).toSorted()).toEqual(all('up'));
      expect(states.slice(3).toSorted()).toEqual(all('down'));
    });
  }

  it('of BIRD: a state record gives nothing for a session that was not named before', () => {
    const create = recordDecoders();
    const bytes = readFileSync(new URL('bird-updates.mrt', FIXTURES));
    const last = create('lab' as Collector).decode(bytes.subarray(-44 * 3));
    expect(statesOf(last.elements)).toEqual([]);
  });

  it('of OpenBGPD: the last file alone, of state records with swapped ends, needs those before it', () => {
    const elements = elementsOf('openbgpd-all.20141222.160000.mrt', 'openbgpd-all.20141222.160200.mrt');
    expect(statesOf(elements).filter((text) => text.startsWith('down'))).toEqual(all('down'));
  });

  it('of OpenBGPD: BGP4MP_ET has microseconds, cut to milliseconds', () => {
    const states = elementsOf('openbgpd-all.20141222.160000.mrt').filter(({ type }) => type === 'peer-state');
    expect(states.map(({ at }) => at)).toEqual([1_419_264_002_252, 1_419_264_002_252, 1_419_264_002_252]);
  });

  it('over a two-octet session: AS_TRANS is merged with the AS4_PATH; over ADD-PATH: each path has its identifier', () => {
    const routes = routesOf(elementsOf('variants-updates.mrt'));
    expect(routes.every(({ path }) => path.at(-1) === 131279)).toBe(true);
    expect(new Set(routes.map(({ pathId }) => pathId === undefined))).toEqual(new Set([true, false]));
  });
});

describe('RIB dumps', () => {
  const dumps = {
    BIRD: ['bird-rib-cli.mrt', 1_419_264_014, 15],
    FRR: ['frr-rib.20141222.160100.mrt', 1_419_264_060, 11],
    'OpenBGPD, TABLE_DUMP_V2': ['openbgpd-rib2.20141222.160100.mrt', 1_419_264_060, 11],
    'OpenBGPD, TABLE_DUMP': ['openbgpd-rib1.20141222.160100.mrt', 1_419_264_060, 11],
    GoBGP: ['gobgp-rib.20060102.150405.mrt', undefined, 11],
  } as const;

  for (const [daemon, [file, seconds, routes]] of Object.entries(dumps)) {
    it(`of ${daemon}: every route of every peer, at the time of the dump`, () => {
      const elements = elementsOf(file);
      expect(elements).toHaveLength(routes);
      expect(new Set(elements.map(({ type }) => type))).toEqual(new Set(['rib']));
      const bytes = readFileSync(new URL(file, FIXTURES));
      expect(elements.at(-1)?.at).toBe((seconds ?? bytes.readUInt32BE(0)) * 1000);
    });
  }

  it('of BIRD: a lone PEER_INDEX_TABLE is a table without routes', () => {
    expect(elementsOf('bird-rib4.20141222.160008.mrt')).toEqual([]);
  });

  it('of BIRD: peers with ADD-PATH and without in one dump', () => {
    const routes = routesOf(elementsOf('variants-rib4-cli.mrt'));
    expect(routes.some(({ pathId }) => pathId !== undefined)).toBe(true);
    expect(routes.some(({ pathId }) => pathId === undefined)).toBe(true);
  });

  it('of BIRD: its first record teaches the sessions, so that a peer lost later is known', () => {
    const states = statesOf(elementsOf('bird-rib-cli.mrt', 'bird-updates.mrt'));
    expect(states.filter((text) => text.startsWith('down')).toSorted()).toEqual(all('down'));
  });
});
