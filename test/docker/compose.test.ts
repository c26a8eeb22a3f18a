import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { heartbeatUrls } from '../../src/app/watch/heartbeat.ts';
import { ROOT } from '../support/cli.ts';
import { startRedis } from '../support/redis/server.ts';
import { COMPOSE_FILE, readCompose, redisConfig, type Service } from './compose.ts';
import { schemaErrors } from './compose-schema.ts';
import { DOCKERFILE, environmentOf, execForm, lastOf, stagesOf } from './dockerfile.ts';
import { unknownWords } from './words.ts';
import { test as redisTest } from '../support/redis/tests.ts';

const compose = readCompose();
const { redis, analyzer, standby } = compose.services as Record<'redis' | 'analyzer' | 'standby', Service>;
const image = stagesOf(DOCKERFILE).at(-1)!;
const { version } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { readonly version: string };

const services = Object.entries(compose.services);
const analyzers = services.filter(([name]) => ['analyzer', 'standby'].includes(name));
const { page, prometheus, grafana } = compose.services as Record<'page' | 'prometheus' | 'grafana', Service>;
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
    execFileSync('docker', ['compose', '-f', COMPOSE_FILE, '--profile', '*', 'config', '-q'], { stdio: 'pipe' });
  });

  test('uses the networks and volumes that it has, and has none that it does not use', () => {
    const networks = new Set(services.flatMap(([, service]) => service.networks ?? []));
    const volumes = new Set(
      services.flatMap(([, { volumes }]) => (volumes ?? []).map((one) => one.split(':')[0] ?? '')),
    );
    const folders = [...volumes].filter((one) => one.startsWith('./'));
    expect(folders.filter((folder) => !existsSync(join(ROOT, folder)))).toEqual([]);
    for (const folder of folders) volumes.delete(folder);
    expect([...networks].sort()).toEqual(Object.keys(compose.networks).sort());
    expect([...volumes]).toEqual(Object.keys(compose.volumes));
  });
});

describe.each(services)('the service %s', (_, service) => {
  test('is not root, can write only where it was allowed to, and can gain no right', () => {
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

  test('restarts by itself, has a health check, and is given time to end', () => {
    expect(service.restart).toBe('unless-stopped');
    expect(service.healthcheck?.test?.[0]).toBe('CMD');
    expect(service.stop_grace_period).toBe('30s');
  });

  test('opens no port to the outside', () => {
    expect((service.ports ?? []).filter((port) => !port.startsWith('127.0.0.1:'))).toEqual([]);
  });

  test('is an image of a known version', () => {
    expect(service.image).toMatch(/^(?:[a-z]+\/)?[a-z]+:v?\d+\.\d+[a-z0-9.-]*$/);
  });
});

describe('Redis', () => {
  test('stores all on a volume, appended, and deletes nothing', () => {
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

  redisTest('takes these very settings', async () => {
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

  test('is reached by the analyzers and the page alone, and can reach no other host', () => {
    expect(redis.networks).toEqual(['store']);
    expect(redis.ports).toBeUndefined();
    const beside = services.filter(([, { networks }]) => networks?.includes('store')).map(([name]) => name);
    expect(beside.sort()).toEqual(['analyzer', 'page', 'redis', 'standby']);
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

  test('an argument that the program does not have is found', () => {
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

  test.each(['analyzer', 'standby'])('send the heartbeat that .env names, and none without it: %s', (name) => {
    const urls = {
      UNROUTABLE_HEARTBEAT: 'https://hc-ping.com/id',
      UNROUTABLE_HEARTBEAT_FAILURE: 'https://hc-ping.com/id/fail',
    };
    const heartbeatOf = (env: Readonly<Record<string, string>>) =>
      heartbeatUrls({}, { env: readCompose(env).services[name]?.environment ?? {} });
    expect(heartbeatOf({})).toEqual({ ok: true, value: undefined });
    expect(heartbeatOf(urls)).toMatchObject({
      value: { success: { href: 'https://hc-ping.com/id' }, failure: { href: 'https://hc-ping.com/id/fail' } },
    });
  });
});

describe('the page', () => {
  test('is not given the URLs of the heartbeat, which are secrets', () => {
    expect(Object.keys(page.environment ?? {})).toEqual(['UNROUTABLE_STORE', 'UNROUTABLE_NAME']);
  });

  test('is served from the store on this machine alone, and asked for its health at /readyz', () => {
    expect(page.command?.[0]).toBe('serve');
    expect(unknownWords(page.command ?? [])).toEqual([]);
    expect(page.ports).toEqual(['127.0.0.1:4680:4680']);
    expect(page.image).toBe(analyzer.image);
  });

  test('its health check ends with 0 when /readyz is 200, with 1 when it is 503, and when nothing answers', async () => {
    const [, program = '', ...words] = page.healthcheck?.test ?? [];
    let status = 200;
    const server = createServer((request, response) => {
      response.writeHead(request.url === '/readyz' ? status : 404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const check = async (): Promise<number | null> => {
      const child = spawn(
        program,
        words.map((word) => word.replace(':4680', `:${port}`)),
      );
      return new Promise((resolve) => child.once('close', resolve));
    };
    expect(await check()).toBe(0);
    status = 503;
    expect(await check()).toBe(1);
    await new Promise((resolve) => server.close(resolve));
    expect(await check()).toBe(1);
  });
});

describe('Prometheus and Grafana', () => {
  test('come on request alone, and cannot reach Redis', () => {
    for (const service of [prometheus, grafana]) {
      expect(service.profiles).toEqual(['metrics']);
      expect(service.networks).toEqual(['internet']);
    }
  });

  test('Prometheus scrapes the services that serve metrics, on the port on which they do', () => {
    const text = readFileSync(join(ROOT, 'deploy/prometheus/prometheus.yml'), 'utf8');
    const { scrape_configs: jobs } = parse(text) as {
      scrape_configs: { dns_sd_configs: { names: string[]; port: number }[] }[];
    };
    const [source] = jobs[0]?.dns_sd_configs ?? [];
    expect(source).toMatchObject({ names: analyzers.map(([name]) => name), port: 4680 });
    for (const [, { command, networks }] of analyzers) {
      expect(command?.[(command ?? []).indexOf('--http') + 1]).toBe('0.0.0.0:4680');
      expect(networks).toContain('internet');
    }
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
