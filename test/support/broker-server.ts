import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A row of an answer, as far as we read it. */
export interface BrokerRow {
  readonly ts_start: string;
  readonly ts_end: string;
  readonly collector_id: string;
  readonly data_type: 'rib' | 'updates';
  readonly url: string;
}

/** A BGPKIT Broker on loopback: it answers `/search` from rows, page by page, as version 3 of the API does. */
export interface BrokerServer {
  readonly url: string;
  readonly asked: readonly URLSearchParams[];
}

/** @param most rows of a page, whatever the client requests. */
export async function brokerServer(rows: readonly (BrokerRow | object | null)[], most = 1_000): Promise<BrokerServer> {
  const asked: URLSearchParams[] = [];
  const server = createServer((request, response) => {
    const { pathname, searchParams: query } = new URL(request.url ?? '', 'http://x');
    asked.push(query);
    if (pathname !== '/v3/broker/search') return response.writeHead(404).end();
    const found = rows.filter((row) => isWanted(row, query));
    const size = Math.min(most, Number(query.get('page_size')));
    const page = Number(query.get('page'));
    const data = found.slice((page - 1) * size, page * size);
    const meta = { latest_update_ts: '2026-01-01T00:00:00', latest_update_duration: 1 };
    const answer = { total: found.length, count: data.length, page, page_size: size, error: null, data, meta };
    return response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close());
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v3/broker`, asked };
}

/** Odd rows come with every answer. */
function isWanted(row: BrokerRow | object | null, query: URLSearchParams): boolean {
  if (row === null || !('ts_start' in row)) return true;
  const [start, end] = [Date.parse(`${row.ts_start}Z`) / 1000, Date.parse(`${row.ts_end}Z`) / 1000];
  const isIn = end >= Number(query.get('ts_start')) && start <= Number(query.get('ts_end'));
  const collectors = (query.get('collector_id') ?? '').split(',');
  return isIn && row.data_type === query.get('data_type') && collectors.includes(row.collector_id);
}

/** The row of a file of an archive: its name is read as UTC, as the broker does. */
export function brokerRow(url: string, collector_id: string, minutes: number): BrokerRow {
  const [, word = '', y, m, d, hour, minute] =
    /(\w+)\.(\d{4})(\d\d)(\d\d)\.(\d\d)(\d\d)\./.exec(url.split('/').at(-1) ?? '') ?? [];
  const start = Date.UTC(Number(y), Number(m) - 1, Number(d), Number(hour), Number(minute));
  const naive = (ms: number): string => new Date(ms).toISOString().slice(0, 19);
  const isUpdates = word === 'updates';
  return {
    ...{ ts_start: naive(start), ts_end: naive(start + (isUpdates ? minutes * 60_000 : 0)), collector_id },
    ...{ data_type: isUpdates ? 'updates' : 'rib', url },
  };
}
