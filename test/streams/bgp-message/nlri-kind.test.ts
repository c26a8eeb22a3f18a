import { describe, expect, test } from 'vitest';
import { nlriKindOf } from '../../../streams/bgp-message/nlri-kind.ts';
import { nlriText } from '../../../streams/ris-live/server/bgp-nlri.ts';
import { lines, ofType, play, temporaryFolder } from '../../support/mrt-run.ts';
import {
  address,
  asPath,
  attribute,
  bgp,
  bytesOf,
  message,
  nlri,
  PEER,
  peerIndexTable,
  record,
  u16,
  u32,
  type Bytes,
} from '../../support/mrt-writer.ts';
import { sentOf } from '../ris-live/server/support/record.ts';

/**
 * Which routes decide, by SAFI (https://www.iana.org/assignments/safi-namespace): the same in an UPDATE of an archive,
 * in a RIB, in what is doubted of an UPDATE with malformed attributes, and in what our RIS Live server sends.
 */
const folder = temporaryFolder();
const T = 1_419_264_000;
const ROUTES = { 1: '175.45.176.0/24', 2: '2001:db8:4b50::/48' } as const;
type Afi = keyof typeof ROUTES;
const AFIS: readonly Afi[] = [1, 2];

const LABEL: Bytes = [0, 0x10, 0x01];
const DISTINGUISHER: Bytes = [0, 0, ...u16(64_500), ...u32(1)];

/** A route in the form of its SAFI; of those that are not plain prefixes, also octets that look like one. */
function formsOf(afi: Afi, safi: number): readonly Bytes[] {
  const plain = nlri(ROUTES[afi]);
  const [length = 0, ...octets] = plain;
  switch (safi) {
    case 4:
      return [plain, [length + 24, ...LABEL, ...octets]];
    case 65:
      return [plain, [...u16(17), ...DISTINGUISHER, ...u16(1), ...u16(1), ...u16(10), ...LABEL]];
    case 128:
    case 129:
      return [plain, [length + 88, ...LABEL, ...DISTINGUISHER, ...octets]];
    case 133:
      return [plain, [length / 8 + 3, 1, ...plain]];
    default:
      return [plain];
  }
}

interface Rule {
  readonly safi: number;
  readonly name: string;
  readonly decides: boolean;
  /** What is counted of a RIB_GENERIC record. RFC 6396 is younger than the end of SAFI 3: no RIB has it. */
  readonly inRib: 'route' | 'nothing' | 'skipped';
}

const RULES: readonly Rule[] = [
  { safi: 0, name: 'reserved', decides: false, inRib: 'skipped' },
  { safi: 1, name: 'unicast', decides: true, inRib: 'route' },
  { safi: 2, name: 'multicast', decides: false, inRib: 'nothing' },
  { safi: 3, name: 'unicast and multicast (RFC 2858)', decides: true, inRib: 'skipped' },
  { safi: 4, name: 'labelled unicast', decides: false, inRib: 'skipped' },
  { safi: 5, name: 'MCAST-VPN', decides: false, inRib: 'skipped' },
  { safi: 65, name: 'VPLS', decides: false, inRib: 'skipped' },
  { safi: 66, name: 'BGP MDT', decides: false, inRib: 'skipped' },
  { safi: 70, name: 'EVPN', decides: false, inRib: 'skipped' },
  { safi: 128, name: 'VPN', decides: false, inRib: 'skipped' },
  { safi: 129, name: 'multicast VPN', decides: false, inRib: 'skipped' },
  { safi: 133, name: 'flow specification', decides: false, inRib: 'skipped' },
  { safi: 255, name: 'reserved', decides: false, inRib: 'skipped' },
];

const GOOD_PATH = asPath([64_500, 131_279]);
/** An AS_PATH segment of type 9. */
const BAD_PATH = attribute(2, [9, 1, ...u32(64_500)]);
const ORIGIN = attribute(1, [0]);
const NEXT_HOP = attribute(3, address('192.0.2.1'));

function update(attributes: Bytes, announced: Bytes = []): Bytes {
  return bgp(2, [...u16(0), ...u16(attributes.length), ...attributes, ...announced]);
}

function mpReach(afi: Afi, safi: number, routes: Bytes): Bytes {
  return attribute(14, [...u16(afi), safi, 16, ...address('2001:db8::1'), 0, ...routes], 0x80);
}

function mpUnreach(afi: Afi, safi: number, routes: Bytes): Bytes {
  return attribute(15, [...u16(afi), safi, ...routes], 0x80);
}

interface Outcome {
  /** `announcement 175.45.176.0/24`. */
  readonly routes: readonly string[];
  readonly problems: readonly string[];
}

let run = 0;
/** What the whole replay makes of records: the prefilter, the decoder, and what is reported. */
async function replayed(...records: readonly Bytes[]): Promise<Outcome> {
  const { elements, reports } = await play({ paths: [folder.write(`${run++}/updates`, bytesOf(...records))] });
  const routes = lines(elements).map((line) => line.split(' '));
  return {
    routes: routes.filter(([, type]) => type !== 'end-of-rib').map(([, type, , prefix]) => `${type} ${prefix}`),
    problems: ofType(reports, 'problem').map(({ treatment }) => treatment),
  };
}

/** What our RIS Live server sends of a BGP message, and what it leaves out. */
function served(body: Bytes): Outcome {
  const { messages, counts } = sentOf([bytesOf(message(T, body))]);
  const routes = messages.flatMap(({ body: said }) => {
    if (said.type !== 'UPDATE') return [];
    const { announced, withdrawn } = said.update;
    return [
      ...withdrawn.map((one) => `withdrawal ${nlriText(one)}`),
      ...announced.flatMap(({ prefixes }) => prefixes.map((one) => `announcement ${nlriText(one)}`)),
    ];
  });
  return { routes, problems: counts.all.map(([reason]) => reason) };
}

const cases = RULES.flatMap((rule) => AFIS.map((afi) => ({ ...rule, afi })));

describe.each(cases)('AFI $afi, SAFI $safi, $name', ({ afi, safi, decides, inRib }) => {
  const route = ROUTES[afi];

  test.each([
    ['announced', 'announcement', (routes: Bytes) => update([...ORIGIN, ...GOOD_PATH, ...mpReach(afi, safi, routes)])],
    ['withdrawn', 'withdrawal', (routes: Bytes) => update(mpUnreach(afi, safi, routes))],
  ] as const)('%s', async (_, type, bodyOf) => {
    const expected = decides ? [`${type} ${route}`] : [];
    for (const form of formsOf(afi, safi)) {
      const body = bodyOf(form);
      expect(await replayed(message(T, body))).toEqual({ routes: expected, problems: [] });
      const problems = decides ? [] : ['an UPDATE of another address family'];
      expect(served(body)).toEqual({ routes: expected, problems });
    }
  });

  test('in a RIB', async () => {
    const attributes = [...ORIGIN, ...GOOD_PATH, ...NEXT_HOP];
    const entry = [...u16(0), ...u32(T), ...u16(attributes.length), ...attributes];
    const generic = (form: Bytes): Bytes =>
      record(T, 13, 6, [...u32(0), ...u16(afi), safi, ...form, ...u16(1), ...entry]);
    for (const form of formsOf(afi, safi)) {
      expect(await replayed(peerIndexTable(T, [PEER]), generic(form))).toEqual({
        routes: inRib === 'route' ? [`rib ${route}`] : [],
        problems: inRib === 'skipped' ? ['skipped'] : [],
      });
    }
  });

  test('is in doubt, beside a unicast route, when the AS_PATH is malformed', async () => {
    for (const form of formsOf(afi, safi)) {
      const attributes = [...ORIGIN, ...BAD_PATH, ...NEXT_HOP, ...mpReach(afi, safi, form)];
      const body = update(attributes, nlri('175.45.177.0/24'));
      const { elements } = await play({ paths: [folder.write(`${run++}/updates`, bytesOf(message(T, body)))] });
      const gaps = elements.flatMap((element) =>
        element.type === 'gap' ? [element.routes?.map(({ prefix }) => prefix.text)] : [],
      );
      expect(gaps).toEqual([[...(decides ? [route] : []), '175.45.177.0/24']]);
    }
  });

  test('is one that the rule knows', () => {
    expect(nlriKindOf(afi, safi)?.decides ?? false).toBe(decides);
  });
});

test('a multicast route whose AS_PATH is malformed is counted, and puts no unicast route in doubt', async () => {
  const multicast = mpReach(1, 2, nlri('175.45.177.0/24'));
  const attributes = [...ORIGIN, ...BAD_PATH, ...mpUnreach(1, 1, nlri('175.45.176.0/24')), ...multicast];
  expect(await replayed(message(T, update(attributes)))).toEqual({
    routes: ['withdrawal 175.45.176.0/24'],
    problems: ['routes-unknown'],
  });
});

test('an address family other than IPv4 and IPv6 is none of ours, whatever its SAFI', () => {
  for (const afi of [0, 3, 25, 16_388])
    for (let safi = 0; safi < 256; safi++) expect(nlriKindOf(afi, safi)).toBeUndefined();
});
