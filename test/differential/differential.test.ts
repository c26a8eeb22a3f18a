import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, test } from 'vitest';
import { bgpdumpNote, bgpdumpRows, hasBgpdump } from '../support/bgpdump.ts';
import { realData, realDataNote } from '../support/real-data.ts';
import { isThorough, thoroughNote } from '../support/thorough.ts';
import { differences } from './compare.ts';
import type { Explained } from './explained.ts';
import { EXPLAINED } from './explained.ts';
import { digestOf, GOLDENS, isRecording, record, writeGoldens } from './goldens.ts';
import { isOwn, mrtFiles } from './mrt-files.ts';
import { MENDS } from './mends.ts';
import type { OurRows } from './our-rows.ts';
import { ourRows } from './our-rows.ts';
import type { QuirkName } from './quirks.ts';
import { predict } from './quirks.ts';
import { recordsOf } from './records.ts';
import { sectionsOf } from './sections.ts';

const EQUAL: Explained = { why: '' };
/** Eleven of the 48 files of others have more, of each kind and age; the other 37 and all of ours run through bgpdump each time. */
const MANY_ROWS = 20_000;
/** Files with more are for thorough runs. */
const MOST_ROWS = 300_000;

interface OurSide {
  /** What bgpdump must print, if our rows are right. */
  readonly rows: readonly string[];
  /** What bgpdump is to read: the file, or its records mended. */
  readonly given: string | readonly Uint8Array[];
}

/** Our side of a file, its damage and its problems checked against the table. */
async function read(name: string, path: string): Promise<OurSide> {
  const { mend, quirks = {}, problems = {}, damage = [] } = EXPLAINED[name] ?? EQUAL;
  const file = await recordsOf(path);
  const asItIs = ourRows(file.records);
  expect(file.damage.map(({ from, to }) => [from, to])).toEqual(damage);
  expect(asItIs.problems).toEqual(problems);
  if (mend === undefined) return { rows: predicted(asItIs, quirks), given: path };

  const given = MENDS[mend](file.records);
  const mended = ourRows(given);
  // Where the mend is for bgpdump alone, it changes nothing for us.
  if (mend !== 'declare-add-path') expect(differences(textsOf(asItIs), textsOf(mended))).toEqual([]);
  return { rows: predicted(mended, quirks), given };
}

function predicted(ours: OurRows, quirks: NonNullable<Explained['quirks']>): readonly string[] {
  const { rows, touched } = predict(ours.rows, Object.keys(quirks) as QuirkName[]);
  expect(touched).toEqual(quirks);
  return rows;
}

function textsOf({ rows }: OurRows): readonly string[] {
  return rows.map((row) => row.text);
}

const files = mrtFiles();
const hasRealData = realData('mrt') !== undefined;

describe(`our rows are bgpdump's, in the same order${realDataNote}${bgpdumpNote}`, () => {
  for (const [name, path] of files) {
    test.skipIf(!hasBgpdump || isTooLong(name))(`${name}: ${rowCount(name)}`, async () => {
      const { rows, given } = await read(name, path);
      if (wasPrinted(name, rows)) return;
      const theirs = await bgpdumpRows(given);
      expect(differences(rows, theirs)).toEqual([]);
      if (isOwn(name)) return;
      if (isRecording) record(name, theirs);
      else expect(digestOf(theirs)).toEqual(GOLDENS[name]);
    });
  }

  afterAll(() => (isRecording ? writeGoldens() : undefined));
});

describe.skipIf(hasBgpdump)(`our rows have the hash of those that bgpdump printed elsewhere${realDataNote}`, () => {
  test.skipIf(!hasRealData)('of every file', () => {
    expect(Object.keys(GOLDENS)).toEqual([...files.keys()].filter((name) => !isOwn(name)));
  });

  for (const [name, path] of files) {
    if (isOwn(name)) continue;
    test.skipIf(isTooLong(name))(`${name}: ${rowCount(name)}`, async () => {
      const { rows } = await read(name, path);
      expect(digestOf(rows)).toEqual(GOLDENS[name]);
    });
  }
});

describe('our rows of what real daemons recorded are those that bgpdump printed elsewhere', () => {
  const texts = sectionsOf(
    readFileSync(new URL('../fixtures/differential/daemons.bgpdump-m.txt', import.meta.url), 'utf8'),
  );
  for (const [name, theirs] of texts) {
    test(`${name}: ${theirs.length} rows`, async () => {
      const { rows } = await read(name, files.get(name) ?? name);
      expect(rows).toEqual(theirs);
    });
  }

  test('of every recording', () => {
    expect([...texts.keys()]).toEqual([...files.keys()].filter(isDaemons));
  });
});

test('every entry of the table of differences names a file that is there', () => {
  const isAbsent = (name: string): boolean => !files.has(name) && (hasRealData || isOwn(name));
  expect(Object.keys(EXPLAINED).filter(isAbsent)).toEqual([]);
  expect(Object.keys(GOLDENS).filter(isAbsent)).toEqual([]);
});

test.skipIf(!hasRealData)(
  `BGP4MP_ENTRY, which bgpdump cannot read, gives the routes of the TABLE_DUMP written beside it${realDataNote}`,
  async () => {
    const routes = async (name: string): Promise<readonly string[]> => {
      const { records } = await recordsOf(files.get(`mrtparse/${name}`) ?? name);
      // Two dumps, some seconds apart. TABLE_DUMP has 16 octets for the IPv4 peer of an IPv6 route: OpenBGPD fills it with 0.
      return textsOf(ourRows(records)).map((row) =>
        row.replace(/^B\|\d+/, 'B').replace('|c0a8:10a::|', '|192.168.1.10|'),
      );
    };
    const entries = await routes('openbgpd_rib_table-mp');
    expect(entries).toHaveLength(31);
    expect(entries).toEqual(await routes('openbgpd_rib_table'));
  },
);

function isDaemons(name: string): boolean {
  return name.startsWith('daemons/');
}

/**
 * Whether these are the many rows that bgpdump printed of the file when the goldens were recorded. It prints no others today,
 * and its half million lines take longer to print and to read than ours to make. Where they are other rows, it says which.
 */
function wasPrinted(name: string, rows: readonly string[]): boolean {
  const golden = isRecording ? undefined : GOLDENS[name];
  if (golden === undefined || golden.rows < MANY_ROWS) return false;
  const { rows: count, sha256 } = digestOf(rows);
  return count === golden.rows && sha256 === golden.sha256;
}

/** Three files have more rows than all the others together. */
function isTooLong(name: string): boolean {
  return !isThorough && (GOLDENS[name]?.rows ?? 0) > MOST_ROWS;
}

function rowCount(name: string): string {
  return `${GOLDENS[name]?.rows.toLocaleString('en') ?? 'all'} rows${isTooLong(name) ? thoroughNote : ''}`;
}
