import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { systemClock } from '../../../src/app/system-clock.ts';
import type { Collector } from '../../../src/bgp/peer.ts';
import { brokerFinder } from '../../../streams/archive/broker.ts';
import { brokerRow, brokerServer } from '../../support/broker-server.ts';

const http = { clock: systemClock, random: () => 0, userAgent: 'test', attempts: 1 };
const never = new AbortController().signal;
const RIS = 'https://data.ris.ripe.net/rrc00/2014.12';

/** Names of the files that a broker finds, and the reports on the rest. */
async function found(url: string, collectors: string, from: string, until: string) {
  const window = {
    collectors: collectors.split(',') as Collector[],
    fromMs: Date.parse(from),
    untilMs: Date.parse(until),
  };
  const { files, faults } = await brokerFinder(url, http)(window, never);
  return { names: files.map(({ place }) => place.split('/').at(-1)), starts: files.map(({ start }) => start), faults };
}

/** Update files of a day of rrc00, every five minutes. */
function day(): readonly string[] {
  return Array.from({ length: 288 }, (_, i) => {
    const time = new Date(i * 300_000).toISOString().slice(11, 16).replace(':', '');
    return `${RIS}/updates.20141222.${time}.gz`;
  });
}

describe('a BGPKIT Broker', () => {
  test('finds the dump before the window, the updates since that dump, and the dumps inside', async () => {
    const dumps = ['0000', '0800', '1600'].map((time) => `${RIS}/bview.20141222.${time}.gz`);
    const { url, asked } = await brokerServer([...dumps, ...day()].map((file) => brokerRow(file, 'rrc00', 5)));
    const { names, faults } = await found(url, 'rrc00', '2014-12-22T08:10Z', '2014-12-22T08:14Z');
    expect(names).toEqual([
      'bview.20141222.0800.gz',
      ...['0800', '0805', '0810'].map((time) => `updates.20141222.${time}.gz`),
    ]);
    expect([faults, asked[0]?.get('page_size')]).toEqual([[], '1000']);
  });

  test.each([1_000, 100, 7])(
    'is asked page by page until all rows came, at %i a page, odd rows among them',
    async (most) => {
      const rows = [{ odd: true }, null, brokerRow(`${RIS}/bview.20141222.0000.gz`, 'rrc00', 0)];
      const { url } = await brokerServer([...rows, ...day().map((file) => brokerRow(file, 'rrc00', 5))], most);
      const { names } = await found(url, 'rrc00', '2014-12-22T00:00Z', '2014-12-22T23:59Z');
      expect(names).toHaveLength(289);
    },
  );

  test('takes names in Pacific time for UTC: they are converted, and the hours before are asked for, too', async () => {
    const base = 'https://archive.routeviews.org/bgpdata/2002.12';
    const files = ['RIBS/rib.20021222.0752', 'UPDATES/updates.20021222.0759', 'UPDATES/updates.20021222.0814'];
    const { url, asked } = await brokerServer(
      files.map((file) => brokerRow(`${base}/${file}.bz2`, 'route-views2', 15)),
    );
    const { names, starts, faults } = await found(url, 'route-views2', '2002-12-22T16:05Z', '2002-12-22T16:10Z');
    expect(names).toEqual(['rib.20021222.0752.bz2', 'updates.20021222.0759.bz2']);
    expect(new Date(starts[0] ?? 0).toISOString()).toBe('2002-12-22T15:52:00.000Z');
    expect([faults, Number(asked[0]?.get('ts_start'))]).toEqual([[], Date.parse('2002-12-21T08:05Z') / 1000]);
  });

  test('without a dump in the day before says so, for each collector that has files', async () => {
    const { url } = await brokerServer(day().map((file) => brokerRow(file, 'rrc00', 5)));
    const { faults } = await found(url, 'rrc00,rrc01', '2014-12-22T08:10Z', '2014-12-22T08:14Z');
    expect(faults.map(({ file }) => file)).toEqual(['rrc00']);
  });

  test.each([
    ['<html>', /not one of the BGPKIT Broker/],
    ['{"data":5}', /not one of the BGPKIT Broker/],
    ['{"error":"page_size must be at most 1000","data":[]}', /the broker answers: page_size must be/],
  ])('that answers %s is named, with what is wrong', async (answer, words) => {
    const server = createServer((_, response) => response.end(answer));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { faults } = await found(url, 'rrc00', '2014-12-22T08:10Z', '2014-12-22T08:14Z');
    expect(faults[0]).toEqual({ file: url, what: expect.stringMatching(words) as unknown });
  });
});
