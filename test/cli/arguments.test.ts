import { PassThrough } from 'node:stream';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { EventTime } from '../../src/bgp/time.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { durationArgument, parseDuration } from '../../src/config/duration.ts';
import { LONGEST_MS } from '../../src/policy/ranges.ts';
import { charsetOf, paintFor, widthOf, type Io } from '../../src/app/io.ts';
import { parseMoment } from '../../src/bgp/moment.ts';
import { createProgress, progressText } from '../../src/cli/output/progress.ts';
import { ReadingLog } from '../../src/app/replay/reading-log.ts';
import { parseSetting, POLICY_SETTINGS, VOTING_SETTINGS } from '../../src/config/settings.ts';
import { didYouMean } from '../../src/config/suggest.ts';
import { textSink } from '../../src/sinks/stdout.ts';

describe('durations', () => {
  test.each([
    ['30s', 30_000],
    ['5m', 300_000],
    ['1h30m', 5_400_000],
    ['1d', 86_400_000],
    ['500ms', 500],
    ['0s', 0],
    ['30', undefined],
    ['-5s', undefined],
    ['1.5h', undefined],
    ['5m1h', undefined],
    ['5m 3s', undefined],
    ['366d', undefined],
    ['', undefined],
    ['1e3s', undefined],
  ])('%s', (text, ms) => {
    expect(parseDuration(text)).toBe(ms);
  });

  test('the shown text reads back, whatever the length', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: LONGEST_MS }), (ms) => {
        expect(parseDuration(durationArgument(ms))).toBe(ms);
      }),
    );
  });
});

describe('moments', () => {
  test.each([
    ['2014-12-22T16:15:00Z', '2014-12-22T16:15:00.000Z'],
    ['2014-12-22T16:15', '2014-12-22T16:15:00.000Z'],
    ['2014-12-22 16:15:30', '2014-12-22T16:15:30.000Z'],
    ['2014-12-22', '2014-12-22T00:00:00.000Z'],
    ['2014-12-23T01:15:00+09:00', '2014-12-22T16:15:00.000Z'],
    ['1419264900', '2014-12-22T16:15:00.000Z'],
    ['2016-02-29', '2016-02-29T00:00:00.000Z'],
  ])('%s', (text, iso) => {
    expect(new Date(parseMoment(text) ?? Number.NaN).toISOString()).toBe(iso);
  });

  test.each([
    '2014-02-30',
    '2015-02-29',
    '2014-13-01',
    '2014-12-22T25:00',
    'yesterday',
    '22.12.2014',
    '',
    '1969-12-31',
    '2200-01-01',
  ])('%s is none', (text) => {
    expect(parseMoment(text)).toBeUndefined();
  });
});

describe('settings', () => {
  test('each key of the policy has one name, one option and its default', () => {
    expect(POLICY_SETTINGS.map(({ key }) => key).toSorted()).toEqual(Object.keys(DEFAULT_POLICY).toSorted());
    expect(VOTING_SETTINGS.map(({ key }) => key).toSorted()).toEqual(Object.keys(DEFAULT_VOTING).toSorted());
    const options = [...POLICY_SETTINGS, ...VOTING_SETTINGS].map(({ option }) => option);
    expect(new Set(options).size).toBe(options.length);
    expect(POLICY_SETTINGS.find(({ key }) => key === 'unroutableHoldMs')).toMatchObject({
      name: 'unroutableHold',
      option: 'unroutable-hold',
      kind: 'duration',
      fallback: 30_000,
    });
  });

  test('are read by their kind', () => {
    expect(['0.1', '.5', '1', '10%', '1e-1', 'NaN', '-1', ''].map((text) => parseSetting('share', text))).toEqual([
      0.1,
      0.5,
      1,
      ...Array<undefined>(5).fill(undefined),
    ]);
    expect(['3', '3.5', '-3', '0x3'].map((text) => parseSetting('count', text))).toEqual([
      3,
      undefined,
      undefined,
      undefined,
    ]);
  });
});

test('a slip of the pen is understood, a guess is not made', () => {
  expect(didYouMean('orgins', ['id', 'name', 'origins'])).toBe(', did you mean origins?');
  expect(didYouMean('MINVOTERS', ['minVoters'])).toBe(', did you mean minVoters?');
  expect(didYouMean('colour', ['id', 'name', 'origins'])).toBe('');
});

describe('progress', () => {
  const reading = {
    bytesRead: 12_100_000,
    bytesTotal: 27_000_000,
    records: 620_000,
    at: Date.UTC(2014, 11, 22, 16, 4, 55) as EventTime,
    filesRead: 3,
    filesTotal: 12,
  };

  test('shows bytes, files, speed, event time and the time left', () => {
    expect(progressText(reading, 2000)).toBe(
      ' 44 %  2 s left  12.1 of 27.0 MB  3 of 12 files  310,000 records/s  at 2014-12-22 16:04:55 UTC',
    );
  });

  test('guesses nothing from less than a second, and ends at 100 %', () => {
    expect(progressText({ ...reading, at: undefined, filesTotal: 1 }, 900)).toBe(' 44 %  12.1 of 27.0 MB');
    expect(progressText({ ...reading, bytesRead: 27_000_000 }, 2000)).not.toContain('left');
    expect(progressText({ ...reading, bytesRead: 0, bytesTotal: 0 }, 0)).toContain('100 %');
  });

  test('is a line every ten seconds without a terminal', () => {
    let now = 0;
    const { io, written } = ioOf({});
    const progress = createProgress(io, () => now);
    for (; now <= 25_000; now += 100) progress.show(reading);
    expect(written().split('\n').filter(Boolean)).toHaveLength(2);
    expect(written()).not.toContain('\u001b');
  });

  test('is one line on a terminal, redrawn ten times a second at most and taken away in the end', () => {
    let now = 1000;
    const { io, written } = ioOf({ isTTY: true, columns: 60 });
    const progress = createProgress(io, () => now);
    for (; now < 1200; now += 10) progress.show(reading);
    progress.clear();
    const lines = written().split('\r\u001b[2K').filter(Boolean);
    expect(lines).toHaveLength(2);
    for (const line of lines) expect(line.length).toBeLessThan(60);
    expect(written().endsWith('\r\u001b[2K')).toBe(true);
  });
});

describe('the terminal', () => {
  test.each([
    ['a terminal', {}, undefined, true, true],
    ['no terminal', {}, undefined, false, false],
    ['NO_COLOR', { NO_COLOR: '1' }, undefined, true, false],
    ['NO_COLOR, but empty', { NO_COLOR: '' }, undefined, true, true],
    ['a dumb terminal', { TERM: 'dumb' }, undefined, true, false],
    ['asked for', { NO_COLOR: '1' }, true, false, true],
    ['not wanted', {}, false, true, false],
  ])('colour: %s', (_what, env, choice, isTerminal, wanted) => {
    const painted = paintFor({ ...ioOf({}).io, env }, choice, isTerminal)('bad', 'x');
    expect(painted.includes('\u001b')).toBe(wanted);
  });

  test('is UTF-8 when the locale says so, LC_ALL first', () => {
    expect(charsetOf({ env: { LANG: 'en_US.UTF-8' } })).toBe('unicode');
    expect(charsetOf({ env: { LANG: 'en_US.utf8', LC_ALL: 'C' } })).toBe('ascii');
    expect(charsetOf({ env: { LC_ALL: '', LANG: 'C.UTF-8' } })).toBe('unicode');
    expect(charsetOf({ env: {} })).toBe('ascii');
  });

  test('is neither too narrow nor too wide to read', () => {
    expect([undefined, 20, 100, 400].map((columns) => widthOf(columns === undefined ? {} : { columns }))).toEqual([
      80, 40, 100, 120,
    ]);
  });
});

describe('what a source says of its files', () => {
  test('other files in a folder are not a fault; a file that was named, or that is called MRT, is one', () => {
    const log = new ReadingLog(['/a/notes.txt', '/data']);
    const refused = ['/a/notes.txt', '/data/README.md', '/data/bview.20141222.1600.gz'].map((path) => ({
      path,
      reason: 'no',
    }));
    log.take({ type: 'plan', files: 1, bytes: 1, collectors: [], refused });
    expect(log.damage.map(({ file }) => file)).toEqual(['bview.20141222.1600.gz', 'notes.txt']);
  });

  test('a file of rubbish does not fill the memory: a thousand faults, then a count', () => {
    const log = new ReadingLog([]);
    for (let i = 0; i < 5000; i++)
      log.take({ type: 'damage', file: '/x/updates.gz', from: i, to: i + 1, reason: 'torn' });
    expect(log.damage).toHaveLength(1001);
    expect(log.damage.at(-1)).toEqual({ file: 'and more', what: '4,000 more faults' });
  });
});

describe('a text sink', () => {
  test('waits while its reader is slow, and not for a reader that is gone', async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    let failures = 0;
    const sink = textSink(stream, () => failures++);
    let isWritten = false;
    const written = sink.write('more than four').then(() => (isWritten = true));
    await Promise.resolve();
    expect(isWritten).toBe(false);
    stream.read();
    await written;

    const waiting = sink.write('more than four again');
    stream.destroy(Object.assign(new Error('gone'), { code: 'EPIPE' }));
    await waiting;
    await sink.write('for nobody');
    await sink.flush();
    expect({ failure: sink.failure, failures }).toEqual({ failure: 'gone', failures: 1 });
  });
});

function ioOf(terminal: { readonly isTTY?: boolean; readonly columns?: number }): { io: Io; written: () => string } {
  const stderr = Object.assign(new PassThrough(), terminal);
  let text = '';
  stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return {
    io: { stdout: new PassThrough(), stderr, env: {}, signal: new AbortController().signal },
    written: () => text + String(stderr.read() ?? ''),
  };
}
