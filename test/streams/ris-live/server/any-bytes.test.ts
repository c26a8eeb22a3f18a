import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { pathText } from '../../../../src/bgp/as-path.ts';
import type { Collector } from '../../../../src/bgp/peer.ts';
import { createRecordDecoder } from '../../../../streams/mrt/decode/decode.ts';
import { nlriText } from '../../../../streams/ris-live/server/bgp-nlri.ts';
import type { RisMessage } from '../../../../streams/ris-live/server/message.ts';
import { parseCommand } from '../../../../streams/ris-live/server/commands.ts';
import { asPath, attribute, update, type UpdateParts } from '../../../support/mrt-writer.ts';
import { realData } from '../../../support/real-data.ts';
import { fromHex, record, sentOf } from './support/record.ts';

const AT = Date.UTC(2019, 4, 23, 14);

/** Messages to spoil: real ones where they are at hand, else our own. */
function samples(): Uint8Array[] {
  const file = realData('ris-live/1k-msgs.2019.ndjson');
  if (file !== undefined) {
    const lines = readFileSync(file, 'utf8').trim().split('\n');
    return lines.map((line) => fromHex((JSON.parse(line) as { data: { raw: string } }).data.raw));
  }
  const parts: UpdateParts[] = [
    { announced: ['175.45.176.0/24', '10.0.0.0/8'], withdrawn: ['192.0.2.0/24'] },
    { announced6: ['2001:db8::/32'], withdrawn6: ['2001:db8:1::/48'] },
    { withdrawn6: [] },
  ];
  return parts.map((one) => Uint8Array.from(update(one)));
}

/** Routes of one record as the replay's decoder reads them; `undefined` when it takes anything for unknown. */
function replayed(bytes: Uint8Array): string[] | undefined {
  const decoder = createRecordDecoder('rrc00' as Collector);
  const { elements } = decoder.decode(bytes);
  decoder.close();
  if (elements.some(({ type }) => type === 'gap')) return undefined;
  return elements.flatMap((element) => {
    if (element.type === 'announcement') return [`${element.prefix.text} ${pathText(element.path)}`];
    return element.type === 'withdrawal' ? [`${element.prefix.text} withdrawn`] : [];
  });
}

function served(messages: readonly RisMessage[]): string[] {
  return messages.flatMap(({ body }) => {
    if (body.type !== 'UPDATE') return [];
    const { withdrawn, announced, path } = body.update;
    const routes = announced.flatMap(({ prefixes }) => prefixes.map((one) => `${nlriText(one)} ${pathText(path)}`));
    return [...withdrawn.map((one) => `${nlriText(one)} withdrawn`), ...routes];
  });
}

describe('any bytes', () => {
  const real = samples();

  test('property: a message with some octets changed is read as the replay reads it, or not at all', () => {
    const spoilt = fc.tuple(
      fc.constantFrom(...real),
      fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { maxLength: 3 }),
    );
    fc.assert(
      fc.property(spoilt, ([message, changes]) => {
        const body = message.slice();
        for (const [at, value] of changes) body[19 + (at % Math.max(1, body.length - 19))] = value;
        const bytes = record({ at: AT, peer: '192.0.2.1', asn: 64_496, body });
        const expected = replayed(bytes);
        const { messages } = sentOf([bytes]);
        if (expected !== undefined) expect(served(messages)).toEqual(expected);
        else expect(messages).toEqual([]);
      }),
      { numRuns: 2000 },
    );
  });

  test('property: octets in place of NLRI, of unicast and multicast, are read as the replay reads them, or not at all', () => {
    const octets = (maxLength: number) => fc.array(fc.nat(255), { maxLength });
    const parts = fc.tuple(
      fc.constantFrom(1, 2),
      fc.nat(4),
      fc.constantFrom(0, 4, 5, 16, 32),
      octets(24),
      fc.boolean(),
    );
    const withdrawn = fc.constantFrom<readonly string[]>([], ['192.0.2.0/24']);
    fc.assert(
      fc.property(parts, withdrawn, ([afi, safi, hop, nlri, isReach], gone) => {
        const nextHop = [hop, ...Array.from({ length: hop + 1 }, () => 0)];
        const value = [0, afi, safi, ...(isReach ? nextHop : []), ...nlri];
        const announced = isReach ? [...attribute(1, [0]), ...asPath([64_496])] : [];
        const more = [...announced, ...attribute(isReach ? 14 : 15, value, 0x80)];
        const body = Uint8Array.from(update({ withdrawn: gone, more }));
        const bytes = record({ at: AT, peer: '192.0.2.1', asn: 64_496, body });
        expect(served(sentOf([bytes]).messages)).toEqual(replayed(bytes) ?? []);
      }),
      { numRuns: 2000 },
    );
  });

  test('a record cut anywhere is read by no octet beyond it', () => {
    for (const body of real.slice(0, 20)) {
      const whole = record({ at: AT, peer: '192.0.2.1', asn: 64_496, body });
      for (let end = 12; end < whole.length; end++) {
        const cut = whole.slice(0, end);
        expect(sentOf([cut]).messages).toEqual([]);
      }
    }
  });

  test('property: no content of a record throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), fc.integer({ min: 0, max: 12 }), (body, subtype) => {
        const bytes = record({ at: AT, peer: '192.0.2.1', asn: 1, subtype, body });
        expect(sentOf([bytes]).messages.length).toBeLessThanOrEqual(1);
        const header = Uint8Array.from([...bytes.slice(0, 12), ...body]);
        expect(sentOf([header]).messages.length).toBeLessThanOrEqual(1);
      }),
    );
  });

  test('property: whatever a client says is a command or is refused', () => {
    const text = fc.oneof(
      fc.string(),
      fc.json(),
      fc.json().map((data) => `{"type":"ris_subscribe","data":${data}}`),
    );
    fc.assert(fc.property(text, (one) => typeof parseCommand(one).type === 'string'));
  });
});
