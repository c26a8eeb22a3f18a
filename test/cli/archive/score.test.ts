import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { knownIncidents } from '../../../src/app/incidents/library.ts';
import { archiveOf } from '../../support/archive-files.ts';
import { ArchiveServer } from '../../support/archive-server.ts';
import { isThorough } from '../../support/thorough.ts';
import { commandHere, type CommandHere } from '../../support/in-process.ts';

/** Two blackouts, a quiet day, and an outage over two upstreams. */
const NAMES = isThorough ? ['2014-12-27', '2018-06-12', '2025-06-06'] : ['2018-06-12'];

describe('the library scored from the archives', () => {
  let cli: CommandHere;
  let server: ArchiveServer;
  let folder = '';
  let env: Record<string, string> = {};

  beforeAll(async () => {
    cli = await commandHere();
    folder = await mkdtemp(join(tmpdir(), 'unroutable-score-'));
    server = new ArchiveServer();
    for (const { name, window } of (await knownIncidents()).filter((known) => NAMES.includes(known.name))) {
      const day = { name, ...window };
      const month = name.slice(0, 7).replace('-', '.');
      const ris = await archiveOf('reconstructed-a', () => `rrc00/${month}/`, {
        minutes: 5,
        rib: 'bview',
        ending: 'gz',
        day,
      });
      const routeViews = await archiveOf(
        'reconstructed-b',
        (kind) => `bgpdata/${month}/${kind === 'rib' ? 'RIBS' : 'UPDATES'}/`,
        { minutes: 15, rib: 'rib', ending: 'bz2', day },
      );
      for (const [path, bytes] of [...ris, ...routeViews]) server.files.set(path, bytes);
    }
    await server.listen();
    env = {
      HOME: folder,
      UNROUTABLE_CACHE: join(folder, 'cache'),
      UNROUTABLE_RIS_ARCHIVE: server.url,
      UNROUTABLE_ROUTEVIEWS_ARCHIVE: server.url,
    };
  }, 120_000);
  afterAll(async () => {
    await server.close();
    await cli.remove();
    await rm(folder, { recursive: true });
  });

  test('is scored as its recordings are, when the archives hold the same', async () => {
    const shipped = await cli.run(['incidents', 'score', ...NAMES]);
    const fetched = await cli.run(['incidents', 'score', '--archive', ...NAMES], env);
    expect(fetched.stderr).toBe('');
    expect(fetched.stdout).toBe(shipped.stdout);
    expect(fetched.status).toBe(0);
    expect(server.asked(/updates/)).toBeGreaterThan(100);
  }, 240_000);

  test('again from the cache alone', async () => {
    const asked = server.requests.length;
    const { status } = await cli.run(['incidents', 'score', '--archive', '--offline', ...NAMES], env);
    expect(status).toBe(0);
    expect(server.requests.length).toBe(asked);
  }, 120_000);

  test('a day of which the archives lack files has no score, and says why', async () => {
    const { status, stdout, stderr } = await cli.run(['incidents', 'score', '--archive', '2013-03-04'], env);
    expect([status === 0, stdout]).toEqual([false, '']);
    expect(stderr).toContain('2013-03-04: it could not be replayed whole, so there is no score');
  }, 120_000);
});
