import { parquetWriteBuffer, schemaFromColumnData, type ColumnSource } from 'hyparquet-writer';
import type { tableOf } from './tables.ts';

/** Times in UTC, to the millisecond. */
const TIMES = new Set(['time', 'from', 'until', 'since', 'first', 'lost_at']);
/** Shares and seconds. */
const FRACTIONS = new Set(['share', 'depth', 'mean', 'lowest', 'highest', 'last', 'partial_largest']);
const COUNTS = new Set([
  ...['voters', 'collectors', 'drops', 'outages', 'messages', 'seeing', 'seeing_nothing', 'units_visible', 'units'],
  ...[
    'upstream',
    'origin',
    'peer_asn',
    'peers',
    'kept',
    'found',
    'events',
    'witnesses',
    'partial_voters',
    'other_origin',
    'other_voters',
  ],
]);

/**
 * A table as Apache Parquet: the columns of the CSV under the same names, times as timestamps, numbers as numbers. A column
 * has the same type in every file. A cell without a value is null.
 */
export function tableParquet({ head, rows }: ReturnType<typeof tableOf>): Uint8Array {
  const columnData = head.map((name, i): ColumnSource => {
    const cells = rows.map((row) => row[i] ?? '');
    return { name, nullable: true, ...typed(name, cells) };
  });
  const schema = schemaFromColumnData({ columnData }).map(inUtc);
  const data = columnData.map(({ name, data }) => ({ name, data }));
  return new Uint8Array(parquetWriteBuffer({ columnData: data, schema, createdBy: 'unroutable' }));
}

type SchemaElement = ReturnType<typeof schemaFromColumnData>[number];

/**
 * Marks times as moments. Without it, readers in another time zone take them for local times (Apache Parquet, logical
 * type TIMESTAMP, `isAdjustedToUTC`).
 */
function inUtc(element: SchemaElement): SchemaElement {
  if (element.converted_type !== 'TIMESTAMP_MILLIS') return element;
  return { ...element, logical_type: { type: 'TIMESTAMP', isAdjustedToUTC: true, unit: 'MILLIS' } };
}

function typed(name: string, cells: readonly (string | number)[]): Pick<ColumnSource, 'type' | 'data'> {
  const data = <T>(value: (cell: string | number) => T): (T | null)[] =>
    cells.map((cell) => (cell === '' ? null : value(cell)));
  if (TIMES.has(name)) return { type: 'TIMESTAMP', data: data((cell) => new Date(cell)) };
  if (COUNTS.has(name) || name.endsWith('_ms')) return { type: 'INT64', data: data((cell) => BigInt(cell)) };
  if (FRACTIONS.has(name) || name.endsWith('_s')) return { type: 'DOUBLE', data: data(Number) };
  return { type: 'STRING', data: data(String) };
}
