import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { BLACKOUT } from '../../support/cli.ts';
import { commandHere, type CommandHere } from '../../support/in-process.ts';

let cli: CommandHere;
let store = '';

beforeAll(async () => {
  cli = await commandHere();
  store = join(cli.folder, 'kept');
  expect((await cli.run(['replay', BLACKOUT, '--store', store, '--quiet'])).status).toBe(0);
});
afterAll(() => cli.remove());

describe('uptime, of a stored replay', () => {
  test('shows the time under each verdict, and leaves out the months before', async () => {
    const { status, stdout } = await cli.run(['uptime', '--store', store]);
    expect(status).toBe(0);
    expect(stdout.split('\n').slice(0, 2)).toEqual(['KP/ipv4', expect.stringMatching(/^2014-12 {2}routable 79\.8 %/)]);
    expect(stdout).toContain('unroutable for 10 h 39 min');
    expect(stdout).toContain('not watched for');
  });

  test('is a table for programs, whose parts are the whole', async () => {
    const { stdout } = await cli.run(['uptime', '--store', store, '--format', 'csv', '--by', 'year']);
    const [header, row] = stdout.split('\r\n').map((line) => line.split(','));
    expect(header?.slice(0, 4)).toEqual(['territory', 'family', 'from', 'until']);
    const [from, until, ...ms] = (row ?? []).slice(2, 9);
    const sum = ms.reduce((total, part) => total + Number(part), 0);
    expect(sum).toBe(Date.parse(until ?? '') - Date.parse(from ?? ''));
  });

  test('a family that is not watched is the fault of the question', async () => {
    const { status, stderr } = await cli.run(['uptime', '--store', store, '--family', 'ipv6']);
    expect(status).toBe(2);
    expect(stderr).toContain('recorded: KP/ipv4');
  });
});

describe('explain, of a stored replay', () => {
  test('shows what each peer saw in the blackout, and the message behind it', async () => {
    const { status, stdout } = await cli.run(['explain', '--store', store, '--at', '2014-12-22T18:00']);
    expect(status).toBe(0);
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('had been unroutable since 2014-12-22 16:15:12 UTC');
    expect(stdout.replaceAll(/\s+/g, ' ')).toMatch(
      /AS64513 sees none; withdrawal of 175\.45\.17\d\.0\/24 at 2014-12-22 16:15/,
    );
    expect(stdout.replaceAll(/\s+/g, ' ')).toContain('AS64519 sees 175.45.176.0/24');
  });

  test('without a time it is the last stored moment', async () => {
    const { stdout } = await cli.run(['explain', '--store', store, '--format', 'json']);
    expect(JSON.parse(stdout)).toMatchObject({ territory: 'KP', verdict: 'routable', recorded: true });
  });
});

test('events of a stretch of time, as a table', async () => {
  const args = ['events', '--store', store, '--since', '2014-12-22T16:00', '--until', '2014-12-22T17:00'];
  const { status, stdout } = await cli.run([...args, '--type', 'country.*', '--format', 'csv']);
  expect(status).toBe(0);
  const rows = stdout.trimEnd().split('\r\n');
  expect(rows).toHaveLength(2);
  expect(rows[1]).toContain('2014-12-22T16:15:42.000Z,country.unroutable');
});
