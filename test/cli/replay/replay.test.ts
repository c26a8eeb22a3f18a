import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BLACKOUT, buildCli, mrtFilesIn, ROOT, TWO_WAVES, type BuiltCli } from '../../support/cli.ts';
import { commandHere, type CommandHere } from '../../support/in-process.ts';

let cli: CommandHere;
/** Threads are started by the built command only. */
let built: BuiltCli;
beforeAll(async () => {
  [cli, built] = await Promise.all([commandHere(), buildCli()]);
});
afterAll(() => Promise.all([cli.remove(), built.remove()]));

describe('replay for programs', () => {
  test('writes one CloudEvent a line, counted without a hole, and nothing else on stdout', async () => {
    const { status, stdout } = await cli.run(['replay', BLACKOUT, '--quiet']);
    expect(status).toBe(0);
    const events = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(events.length).toBeGreaterThan(20);
    const last = new Map<unknown, unknown>();
    for (const { specversion, source, previousid, id } of events) {
      expect(specversion).toBe('1.0');
      expect(previousid).toBe(last.get(source));
      last.set(source, id);
    }
  });

  test('gives the same bytes in every format, with threads or without, from folder or files', async () => {
    const files = await mrtFilesIn(TWO_WAVES);
    for (const format of ['ndjson', 'json', 'csv']) {
      const one = await cli.run(['replay', TWO_WAVES, '--format', format, '--threads', '0', '--quiet']);
      const two = await built.run(['replay', ...files.toReversed(), '--format', format, '--threads', '2', '--quiet']);
      expect(one.status).toBe(0);
      expect(two.stdout).toBe(one.stdout);
      expect(one.stdout).not.toContain(ROOT);
    }
    const window = ['--until', '2022-11-17T04:00', '--format', 'json', '--quiet'];
    const one = await cli.run(['replay', TWO_WAVES, ...window, '--threads', '0']);
    const two = await built.run(['replay', ...files, ...window, '--threads', '2']);
    expect(two.stdout).toBe(one.stdout);
  });

  test('JSON is one document: input, territories, verdicts, events, incidents, damage', async () => {
    const { stdout } = await cli.run(['replay', BLACKOUT, '--format', 'json', '--quiet']);
    const document = JSON.parse(stdout) as Record<string, never>;
    expect(Object.keys(document)).toEqual([
      'format',
      'status',
      'input',
      'territories',
      'voting',
      'verdicts',
      'incidents',
      'events',
      'damage',
      'problems',
    ]);
    expect(document).toMatchObject({
      format: 'unroutable.replay/1',
      status: 'done',
      territories: [{ id: 'KP', blocks: ['175.45.176.0/22'], origins: [131279], policy: { minVoters: 10 } }],
      damage: [],
    });
    const [{ spans }] = document['verdicts'] as unknown as [{ spans: { verdict: string }[] }];
    expect(spans.slice(0, 3).map(({ verdict }) => verdict)).toEqual(['unknown', 'routable', 'unroutable']);
  });

  test('CSV is RFC 4180 with one row an event', async () => {
    const events = await cli.run(['replay', TWO_WAVES, '--quiet']);
    const { stdout } = await cli.run(['replay', TWO_WAVES, '--format', 'csv', '--quiet']);
    const rows = stdout.split('\r\n');
    expect(rows[0]).toMatch(/^time,type,subject,since,verdict,/);
    expect(rows.length - 2).toBe(events.stdout.trimEnd().split('\n').length);
    expect(rows.at(-1)).toBe('');
    expect(rows.slice(0, -1).every((row) => row.split(',').length === rows[0]?.split(',').length)).toBe(true);
  });

  test('--since reports only what was decided from then on, --until reads no further', async () => {
    const window = ['--since', '2014-12-23T00:00', '--until', '2014-12-23T12:00:00Z'];
    const { status, stdout } = await cli.run(['replay', BLACKOUT, ...window, '--quiet']);
    expect(status).toBe(0);
    const times = stdout
      .trimEnd()
      .split('\n')
      .map((line) => (JSON.parse(line) as { time: string }).time);
    expect(times.length).toBeGreaterThan(0);
    for (const time of times) {
      expect(time >= '2014-12-23T00:00:00' && time <= '2014-12-23T12:00:00.000Z').toBe(true);
    }
  });
});

describe('replay for people', () => {
  test('reports the day in words, draws it, and says how it ends', async () => {
    const { status, stdout } = await cli.run(['replay', BLACKOUT, '--format', 'text', '--quiet'], { LANG: 'C.UTF-8' });
    expect(status).toBe(0);
    expect(stdout).toMatch(
      /North Korea has been unroutable since 2014-12-22 16:15:\d\d UTC\s+\(01:15:\d\d in\s+Pyongyang, 23 Dec\)/,
    );
    expect(stdout).toContain('▇ seen by most');
    expect(stdout).toMatch(/At the end\n.*North Korea has been\s+routable/);
    expect(stdout).toContain('nothing damaged');
    expect(Math.max(...stdout.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  test('without UTF-8 in the locale it is plain ASCII, and without a terminal it has no colour', async () => {
    const { stdout } = await cli.run(['replay', TWO_WAVES, '--format', 'text'], { LANG: 'C' });
    expect(stdout).toMatch(/^[\n\x20-\x7e]*$/);
    expect(stdout).toContain('# seen by most');
  });

  test('colour comes when asked for, the chart goes when not wanted', async () => {
    const { stdout } = await cli.run(['replay', TWO_WAVES, '--format', 'text', '--color', '--no-chart']);
    expect(stdout).toContain('\u001b[31;1m');
    expect(stdout).not.toContain('seen by most');
  });

  test('with too few voters it says so and what to do, and mentions no outage', async () => {
    const { stdout } = await cli.run(['replay', BLACKOUT, '--format', 'text', '--min-voters', '500']);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain(
      'this tool cannot judge North Korea: 36 networks that report to RIS, 500 are needed',
    );
    expect(stdout).toContain('Give files of more collectors');
    // A safety threshold is never the advice.
    expect(stdout).not.toContain('--min-voters');
    expect(stdout).not.toContain('unroutable');
  });

  test('progress is on stderr, and --quiet silences it', async () => {
    const { stderr } = await cli.run(['replay', TWO_WAVES, '--format', 'text', '--quiet']);
    expect(stderr).toBe('');
  });
});
