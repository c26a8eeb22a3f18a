import { execFileSync } from 'node:child_process';
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test as anyTest } from 'vitest';
import { archiveOf } from '../support/archive-files.ts';
import { ArchiveServer } from '../support/archive-server.ts';
import { buildCli, TWO_WAVES, type BuiltCli } from '../support/cli.ts';
import { inProcess } from '../support/in-process.ts';
import { JobsStage } from '../support/jobs-stage.ts';
import { canMount, fill } from '../support/mount.ts';
import { makeCertificates } from '../support/redis/certificates.ts';
import { startSentinels } from '../support/redis/sentinels.ts';
import { startRedis, type RedisServer } from '../support/redis/server.ts';
import { until } from '../support/redis/until.ts';
import { faultyS3, s3Note, s3Program, startS3, type S3Server } from '../support/s3/server.ts';
import { noRedis, test } from '../support/redis/tests.ts';

/** One collector of it: enough where the subject is the queue or the disk. */
const HALF = join(TWO_WAVES, 'reconstructed-a');

let cli: BuiltCli;
let redis: RedisServer;
let stage: JobsStage | undefined;
beforeAll(async () => {
  cli = await buildCli();
  redis = await startRedis();
});
afterEach(async () => {
  await stage?.stop();
  stage = undefined;
});
afterAll(async () => {
  await redis.stop();
  await cli.remove();
});

let folders = 0;
async function newFolder(): Promise<string> {
  const path = join(cli.folder, `place-${++folders}`);
  await mkdir(path);
  return path;
}

function open(out: string, env: Readonly<Record<string, string>> = {}, url = urlOf(redis)): JobsStage {
  stage = new JobsStage(cli, out, url, env);
  return stage;
}

function urlOf({ host, port }: { readonly host: string; readonly port: number }): string {
  return `redis://${host}:${port}`;
}

/** All that lies in a folder, as one text. */
async function contentOf(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return (await Promise.all(files.map(({ parentPath, name }) => readFile(join(parentPath, name), 'latin1')))).join();
}

describe.skipIf(s3Program === undefined)(`extracts and runs in a store that speaks S3${s3Note}`, () => {
  let s3: S3Server;
  beforeAll(async () => {
    s3 = await startS3();
  });
  afterAll(() => s3.stop());

  test('a run ends with the bytes of a replay; no secret is printed, stored or queued, and no draft is left', async () => {
    const env = { ...s3.env, TMPDIR: await newFolder(), AWS_SESSION_TOKEN: '' };
    const run = open(`${s3.bucket}/one`, env);
    const doomed = run.startWorker('--lock', '1s');
    const submitted = await run.submit([HALF]);
    await until('a task begins', async () => doomed.said().includes('begins'));
    await doomed.kill('SIGKILL');
    await redis.cli('SAVE');
    const queued = await contentOf(redis.folder);
    run.startWorker('--lock', '1s');
    const ended = await run.submit([HALF], '--wait');
    expect(ended).toMatchObject({ status: 0 });
    const [id = '', path = ''] = ended.stdout.trimEnd().split('\n');
    expect(path).toBe(`${s3.bucket}/one/runs/${id}/KP.ndjson`);
    const { stdout } = await inProcess(['replay', HALF, '--quiet']);
    expect(await readFile(join(s3.folder, 'one', 'runs', id, 'KP.ndjson'), 'utf8')).toBe(stdout);

    const mapped = await inProcess(['map', HALF, '-o', `${s3.bucket}/one`, '--quiet'], env);
    expect(mapped.stdout).toMatch(/^s3:\/\/extracts\/one\/KP\/reconstructed-a-2022-11-16-[0-9a-f]{16}\.extract$/m);
    const reduced = await inProcess(['reduce', `${s3.bucket}/one/KP`, '--quiet'], env);
    expect(reduced).toEqual({ status: 0, stdout, stderr: '' });

    // A file that a store does not give now is not a gap: the judgement is tried again.
    const hiding = await faultyS3(s3, 'hides parts');
    const judged = await inProcess(['jobs', 'task', id, 'KP', '-o', run.out], { ...env, ...hiding.env });
    expect(judged).toMatchObject({ status: 75, stdout: '' });
    expect(judged.stderr).toMatch(/KP\/reconstructed-.*\.extract: the store answered 403/);
    await hiding.stop();
    await run.stop();
    const drafts = (await readdir(env.TMPDIR, { recursive: true })).filter((name) => name.endsWith('.tmp'));
    expect(drafts).toEqual([]);

    const status = JSON.stringify(await run.status());
    const said = [submitted, ended, mapped, reduced, judged].flatMap(({ stdout, stderr }) => [stdout, stderr]);
    const everything = [...said, run.said(), status, queued, await contentOf(redis.folder), await contentOf(s3.folder)];
    expect(queued).toContain(id);
    for (const secret of [s3.env['AWS_SECRET_ACCESS_KEY'], s3.env['AWS_ACCESS_KEY_ID']])
      expect(everything.filter((text) => text.includes(secret ?? ''))).toEqual([]);
  }, 120_000);

  test('a store that ignores If-None-Match is refused before anything begins', async () => {
    const faulty = await faultyS3(s3, 'ignores If-None-Match');
    const run = open(`${s3.bucket}/refused`, faulty.env);
    const ended = [
      await run.submit([TWO_WAVES]),
      await run.run('work', []),
      await inProcess(['map', TWO_WAVES, '-o', run.out], faulty.env),
    ];
    for (const { status, stdout, stderr } of ended) {
      expect({ status, stdout }).toEqual({ status: 69, stdout: '' });
      expect(stderr).toMatch(/the store ignores "If-None-Match: \*".*: use another store, or a shared folder/);
    }
    await faulty.stop();
  });
});

test('a window of the public archives is input: the run ends with the bytes of a replay of the window', async () => {
  const day = { name: '2022-11-17', from: '2022-11-16T12:00:00Z' };
  const server = new ArchiveServer();
  const layout = { minutes: 5, rib: 'bview', ending: 'gz', day } as const;
  const files = await archiveOf('reconstructed-a', () => 'rrc00/2022.11/', layout);
  for (const [path, bytes] of files) server.files.set(path, bytes);
  server.fail(/updates\.20221117\.0235/, { kind: 'status', status: 404 }, 100);
  await server.listen();
  const folder = await newFolder();
  const env = { HOME: folder, UNROUTABLE_CACHE: join(folder, 'cache'), UNROUTABLE_RIS_ARCHIVE: server.url };
  // The files around midnight are of two tasks; a file that the archive does not have is a gap.
  const window = ['--from', '2022-11-17T00:00', '--until', '2022-11-17T03:00', '--collectors', 'rrc00'];
  const run = open(join(folder, 'out'), env);
  run.startWorker();
  const { status, stdout, stderr } = await run.submit(window, '--wait', '--min-voters', '3');
  expect(status).toBe(0);
  expect(stderr).toContain('updates.20221117.0235.gz');
  const whole = await inProcess(['replay', ...window, '--min-voters', '3', '--quiet'], env);
  expect(await run.resultOf(stdout.split('\n')[0] ?? '')).toBe(whole.stdout);
  expect(whole.stdout).toContain('observer.gap');
  await server.close();
}, 60_000);

describe('the queue', () => {
  test('may be reached over TLS', async () => {
    const tls = await makeCertificates();
    const server = await startRedis({ tls });
    const { ca, clientCert, clientKey } = tls.files;
    const url = `rediss://${server.host}:${server.port}?ca=${ca}&cert=${clientCert}&key=${clientKey}`;
    const run = open(join(await newFolder(), 'out'), {}, url);
    run.startWorker();
    const { status, stdout } = await run.submit([HALF], '--wait');
    expect(status).toBe(0);
    await run.expectReplay(stdout.split('\n')[0] ?? '', [HALF]);
    await run.stop();
    await server.stop();
  });

  test('may be led by Sentinels: another leader takes over, and resume goes on', async () => {
    const group = await startSentinels();
    const nodes = group.connection.sentinels.map(({ host, port }) => `${host}:${port}`).join(',');
    const run = open(join(await newFolder(), 'out'), {}, `redis-sentinel://${nodes}/${group.name}`);
    const worker = run.startWorker('--lock', '1s');
    const { stdout: id } = await run.submit([HALF]);
    await until('a task is done', async () => worker.said().includes('is done'));
    const leader = await group.master();
    await leader.kill();
    await group.deposed(leader);
    expect(await run.run('resume', [id.trim(), '--wait', '--quiet'])).toMatchObject({ status: 0 });
    await run.expectReplay(id, [HALF]);
    await run.stop();
    await group.stop();
  }, 120_000);
});

const mount = canMount();

anyTest.skipIf(!mount || noRedis !== undefined)(
  `a disk that is full at a worker is reported, and tried again until there is space${mount ? '' : ' (skipped: this user may not mount a small one)'}`,
  async () => {
    const out = await newFolder();
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', out]);
    try {
      const run = open(out);
      const { stdout: id } = await run.submit([HALF]);
      await fill(join(out, 'filler'));
      const worker = run.startWorker();
      await until('a task fails', async () => worker.said().includes('failed: '));
      expect(worker.said()).toMatch(/2022-11-1\d failed: .*the disk is full/);
      await rm(join(out, 'filler'));
      expect(await run.run('resume', [id.trim(), '--wait', '--quiet'])).toMatchObject({ status: 0 });
      await run.expectReplay(id, [HALF]);
      await run.stop();
      expect((await readdir(out, { recursive: true })).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    } finally {
      await stage?.stop();
      execFileSync('umount', ['--lazy', out]);
    }
  },
  60_000,
);
