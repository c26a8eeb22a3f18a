import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ROOT } from '../support/cli.ts';
import { startRedis } from '../support/redis/server.ts';
import { COMPOSE_FILE, readCompose, redisConfig, type Service } from './compose.ts';
import { schemaErrors } from './compose-schema.ts';
import { DOCKERFILE, environmentOf, execForm, lastOf, stagesOf } from './dockerfile.ts';
import { unknownWords } from './words.ts';

const compose = readCompose();
const { redis, analyzer, standby } = compose.services as Record<'redis' | 'analyzer' | 'standby', Service>;
const image = stagesOf(DOCKERFILE).at(-1)!;
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };

const services = Object.entries(compose.services);
const analyzers = services.filter(([name]) => name !== 'redis');
const hasCompose = spawnSync('docker', ['compose', 'version']).status === 0;

describe('docker-compose.yml', () => {
  test('is what the Compose specification calls a compose file', () => {
    expect(schemaErrors(compose)).toEqual([]);
  });

  test('the schema is one that finds errors', () => {
    const wrong = { ...compose, services: { redis: { ...redis, read_onyl: true } } };
    expect(schemaErrors(wrong)).toEqual(['/services/redis must NOT have additional properties']);
  });

  test('says times as docker reads them', () => {
    const times = services.flatMap(([, { stop_grace_period, healthcheck }]) => [
      stop_grace_period,
      ...['interval', 'timeout', 'start_period'].map((name) => healthcheck?.[name]),
    ]);
    expect(times.filter((time) => !/^\d+(?:ms|s|m|h)$/.test(String(time)))).toEqual([]);
  });

  // Needs the plugin, not the engine.
  test.skipIf(!hasCompose)(`is accepted by docker compose itself${hasCompose ? '' : ' (not installed here)'}`, () => {
    execFileSync('docker', ['compose', '-f', COMPOSE_FILE, '--profile', 'standby', 'config', '-q'], { stdio: 'pipe' });
  });

  test('uses the networks and volumes that it has, and has none that it does not use', () => {
    const networks = new Set(services.flatMap(([, service]) => service.networks ?? []));
    const volumes = new Set(services.flatMap(([, { volumes }]) => (volumes ?? []).map((one) => one.split(':')[0])));
    expect([...networks].sort()).toEqual(Object.keys(compose.networks).sort());
    expect([...volumes]).toEqual(Object.keys(compose.volumes));
  });
});

describe.each(services)('the service %s', (_, service) => {
  test('is no root, can write nothing but what it was given, and can gain no right', () => {
    expect(service.user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
    expect(service.read_only).toBe(true);
    expect(service.cap_drop).toEqual(['ALL']);
    expect(service.cap_add).toBeUndefined();
    expect(service.security_opt).toContain('no-new-privileges:true');
    expect(service.privileged).toBeUndefined();
    expect(service.network_mode).toBeUndefined();
  });

  test('has a /tmp in memory, bounded, in which nothing can be run', () => {
    expect(service.tmpfs).toEqual([expect.stringMatching(/^\/tmp:(?=.*noexec)(?=.*nosuid)(?=.*nodev).*size=\d+m$/)]);
  });

  test('has bounds: memory without swap, processes, logs', () => {
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
    expect(service.memswap_limit).toBe(service.mem_limit);
    expect(service.pids_limit).toBeGreaterThan(0);
    expect(service.logging?.options).toEqual({ 'max-size': '10m', 'max-file': '5' });
  });

  test('comes back by itself, says how it is, and is given time to end', () => {
    expect(service.restart).toBe('unless-stopped');
    expect(service.healthcheck?.test?.[0]).toBe('CMD');
    expect(service.stop_grace_period).toBe('30s');
  });

  test('opens no port to the outside', () => {
    expect(service.ports).toBeUndefined();
  });

  test('is an image of a known version', () => {
    expect(service.image).toMatch(/^[a-z]+:\d+\.\d+[a-z0-9.-]*$/);
  });
});

describe('Redis', () => {
  test('keeps all on a volume, appended, and throws nothing away', () => {
    expect(redis.volumes).toEqual(['redis:/data']);
    expect(redisConfig()).toEqual({
      appendonly: 'yes',
      appendfsync: 'always',
      save: '""',
      maxmemory: '256mb',
      'maxmemory-policy': 'noeviction',
      include: '/run/secrets/*.conf',
    });
  });

  test('takes these very settings', async () => {
    const { include, ...wanted } = redisConfig();
    const server = await startRedis({ config: { ...wanted, include: `/no-such-folder${include}` } });
    onTestFinished(server.stop);
    const kept = await Promise.all(Object.keys(wanted).map(async (name) => await server.cli('CONFIG', 'GET', name)));
    expect(Object.fromEntries(kept as [string, string][])).toEqual({
      ...wanted,
      save: '',
      maxmemory: String(256 * 1024 * 1024),
    });
  });

  test('has memory for twice what it may hold, for the time when its file is rewritten', () => {
    expect(megabytes(redis.mem_limit)).toBeGreaterThan(2 * megabytes(redisConfig()['maxmemory']));
  });

  test('is reached by the analyzers alone, and reaches nobody', () => {
    expect(redis.networks).toEqual(['store']);
    expect(compose.networks['store']).toEqual({ internal: true });
  });
});

describe('the analyzers', () => {
  test('are one program twice: the second differs by its profile and its name alone', () => {
    const { build, ...first } = analyzer;
    expect(build).toBe('.');
    expect(existsSync(join(ROOT, 'Dockerfile'))).toBe(true);
    expect(standby).toEqual({ ...first, profiles: ['standby'], hostname: 'standby' });
  });

  test('are of the version in package.json', () => {
    expect(analyzer.image).toBe(`unroutable:${version}`);
  });

  test.each(analyzers)('%s runs as the user of the image, with an init, when Redis is well', (_, service) => {
    expect(service.user).toBe(lastOf(image, 'USER')?.text);
    expect(service.init).toBe(true);
    expect(service.depends_on).toEqual({ redis: { condition: 'service_healthy' } });
    expect(service.networks).toContain('store');
  });

  test.each(analyzers)('%s is given commands and options that the program has', (_, service) => {
    expect(unknownWords(service.command ?? [])).toEqual([]);
    expect(service.command?.[0]).toBe('watch');
  });

  test('a word that the program does not have is found', () => {
    expect(unknownWords(['wacth'])).toEqual(['wacth']);
    expect(unknownWords(['watch', '--sotre', 'x'])).toContain('--sotre');
    expect(unknownWords(['watch', '--seed', 'none', '--quiet'])).toEqual([]);
  });

  test.each(analyzers)('%s is asked for its health as the image asks', (_, { healthcheck = {} }) => {
    const { text = '', flags = {} } = lastOf(image, 'HEALTHCHECK') ?? {};
    const [, ...words] = healthcheck.test ?? [];
    expect(words).toEqual(execForm(text.replace(/^CMD\s+/, '')));
    expect(unknownWords(words.slice(1))).toEqual([]);
    expect(healthcheck).toMatchObject({
      interval: flags['interval'],
      timeout: flags['timeout'],
      start_period: flags['start-period'],
      retries: Number(flags['retries']),
    });
  });

  test('get variables, here and in the image, that the program reads', () => {
    const given = [...analyzers.map(([, { environment = {} }]) => environment), environmentOf(image)];
    const names = [...new Set(given.flatMap((environment) => Object.keys(environment)))];
    expect(names).toContain('UNROUTABLE_STORE');
    const ofNode = new Set(['NODE_ENV', 'PATH']);
    const read = readBySource();
    expect(names.filter((name) => !ofNode.has(name) && !read.has(name))).toEqual([]);
  });

  test('find the Redis that is there, or the one that .env names', () => {
    expect(analyzer.environment?.['UNROUTABLE_STORE']).toBe('redis://redis:6379');
    const elsewhere = readCompose({ UNROUTABLE_STORE: 'rediss://redis.example:6380' }).services['standby'];
    expect(elsewhere?.environment?.['UNROUTABLE_STORE']).toBe('rediss://redis.example:6380');
  });
});

function megabytes(text = ''): number {
  const [, amount, unit] = /^(\d+)(m|g)b?$/.exec(text) ?? [];
  return Number(amount) * (unit === 'g' ? 1024 : 1);
}

/** The names of variables that src/app and src/cli read: they alone may. */
function readBySource(): ReadonlySet<string> {
  const files = ['src/app', 'src/cli'].flatMap((room) =>
    readdirSync(join(ROOT, room), { recursive: true, encoding: 'utf8' }).map((file) => join(ROOT, room, file)),
  );
  const sources = files.filter((file) => file.endsWith('.ts')).map((file) => readFileSync(file, 'utf8'));
  return new Set(sources.flatMap((source) => [...source.matchAll(/\benv\['(\w+)'\]/g)].map(([, name]) => name!)));
}
