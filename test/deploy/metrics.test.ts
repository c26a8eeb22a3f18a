import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { parse } from 'yaml';
import { CATALOGUE } from '../../src/app/metrics/catalogue.ts';
import { Meter } from '../../src/app/metrics/meter.ts';
import { place, watching } from '../cli/webhook/scene.ts';
import { ROOT } from '../support/cli.ts';

const isThere = ['promtool', 'prometheus'].every((program) => spawnSync(program, ['--version']).status === 0);
if (!isThere)
  process.stderr.write('test/deploy: no Prometheus here (apt-get install prometheus): rules are not checked by it\n');
const note = isThere ? '' : ' (prometheus is not installed here)';
const folder = join(ROOT, 'deploy/prometheus');

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly expr: string; readonly refId: string }[];
}

interface Dashboard {
  readonly schemaVersion: number;
  readonly uid: string;
  readonly panels: readonly Panel[];
  readonly templating: { readonly list: readonly { readonly name: string }[] };
}

const dashboard = JSON.parse(readFileSync(join(ROOT, 'deploy/grafana/unroutable.json'), 'utf8')) as Dashboard;
const rules = parse(readFileSync(join(folder, 'rules.yml'), 'utf8')) as {
  groups: { rules: { alert: string; expr: string; annotations: Record<string, string> }[] }[];
};
const alerts = rules.groups.flatMap((group) => group.rules);
const queries = dashboard.panels.flatMap(({ targets }) => (targets ?? []).map(({ expr }) => expr));

function promtool(...args: readonly string[]): { status: number | null; text: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8', cwd: folder });
  return { status, text: stdout + stderr };
}

function asked(expr: string): string {
  return expr.replaceAll(/\$(territory|family)/g, '.*');
}

describe('the rules of Prometheus', () => {
  test.skipIf(!isThere)(`are rules, and so is the configuration beside them${note}`, () => {
    expect(promtool('check', 'rules', 'rules.yml')).toMatchObject({ status: 0 });
    expect(promtool('check', 'config', 'prometheus.yml')).toMatchObject({ status: 0 });
  });

  test.skipIf(!isThere)(`say what their tests say: well, down, without a leader, blind, an outage${note}`, () => {
    expect(promtool('test', 'rules', 'rules.test.yml')).toMatchObject({ status: 0 });
  });

  test('each has a summary and a description for the person who was woken', () => {
    expect(alerts.filter(({ annotations: { summary, description } }) => !summary || !description)).toEqual([]);
    expect(alerts).toHaveLength(16);
  });
});

test('rules and dashboard name metrics that there are', async () => {
  const ofLibrary = [...(await new Meter().text()).matchAll(/^# TYPE (\S+)/gm)].map(([, name]) => name ?? '');
  const known = new Set([...Object.keys(CATALOGUE), ...ofLibrary, 'up']);
  const named = [...alerts.map(({ expr }) => expr), ...queries].flatMap((expr) =>
    [...expr.matchAll(/\b(?:unroutable|process|nodejs)_[a-z0-9_]+/g)].map(([name]) => name.replace(/_bucket$/, '')),
  );
  expect(named.length).toBeGreaterThan(40);
  expect(named.filter((name) => !known.has(name))).toEqual([]);
});

test('every metric is on the dashboard or in an alert, but those that only help to read others', () => {
  const text = [...alerts.map(({ expr }) => expr), ...queries].join('\n');
  const unused = Object.keys(CATALOGUE).filter((name) => !text.includes(name));
  expect(unused).toEqual([
    'unroutable_build_info',
    'unroutable_verdict_since_timestamp_seconds',
    'unroutable_recorded_timestamp_seconds',
    'unroutable_stored_events',
    'unroutable_event_timestamp_seconds',
    'unroutable_feed_held_messages',
    'unroutable_feed_routes_left_out_total',
  ]);
});

describe('the dashboard of Grafana', () => {
  test('is a model of version 39: panels with ids of their own that do not overlap, within 24 columns', () => {
    const { panels, schemaVersion, uid } = dashboard;
    expect([schemaVersion, uid]).toEqual([39, 'unroutable']);
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    for (const { gridPos: a, id } of panels) {
      expect(a.x + a.w).toBeLessThanOrEqual(24);
      const over = panels.filter(
        ({ gridPos: b, id: other }) =>
          other !== id && a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h,
      );
      expect(over).toEqual([]);
    }
  });

  test('uses no variable that it does not have', () => {
    const has = new Set(dashboard.templating.list.map(({ name }) => name));
    const used = [...JSON.stringify(dashboard).matchAll(/\$\{?([a-z]+)/g)].map(([, name]) => name ?? '');
    expect(used.filter((name) => !has.has(name) && name !== '__all')).toEqual([]);
  });
});

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A Prometheus that scrapes this address with our rules, until the test ends. */
async function prometheus(target: string) {
  const data = await mkdtemp(join(tmpdir(), 'unroutable-prometheus-'));
  const config = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(folder, 'rules.yml')],
    scrape_configs: [{ job_name: 'unroutable', static_configs: [{ targets: [target] }] }],
  };
  await writeFile(join(data, 'prometheus.yml'), JSON.stringify(config));
  const port = await freePort();
  const child = spawn(
    'prometheus',
    [
      `--config.file=${join(data, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(data, 'tsdb')}`,
      `--web.listen-address=127.0.0.1:${port}`,
    ],
    { stdio: 'ignore' },
  );
  const gone = new Promise((resolve) => child.once('close', resolve));
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await gone;
    await rm(data, { recursive: true });
  });
  const get = async (path: string): Promise<unknown> => {
    const answer = await fetch(`http://127.0.0.1:${port}/api/v1/${path}`).catch(() => undefined);
    // While it starts it says "Service Unavailable".
    return answer?.ok === true || answer?.status === 400 ? answer.json() : undefined;
  };
  const query = async (expr: string) =>
    (await get(`query?query=${encodeURIComponent(expr)}`)) as
      { status: string; error?: string; data?: { result: { value: [number, string] }[] } } | undefined;
  /** Asks again until there is an answer that fits. */
  const until = async (expr: string, fits: (value: string) => boolean): Promise<void> => {
    for (let tries = 0; tries < 600; tries++) {
      const value = (await query(expr))?.data?.result[0]?.value[1];
      if (value !== undefined && fits(value)) return;
      await wait(100);
    }
    throw new Error(`Prometheus never had ${expr}`);
  };
  return { get, query, until };
}

test.skipIf(!isThere)(
  `a running Prometheus scrapes a running watch, and has an answer to each query of the dashboard${note}`,
  { timeout: 120_000 },
  async () => {
    const at = await place();
    const { stderr } = await watching(at, { speed: 3600, atEnd: 'idle' }, { http: '0' });
    const [, url = ''] = /the page is at (\S+)/.exec(await stderr.until(/the page is at http:\S+\/"/)) ?? [];
    const target = new URL(url.replace(/"$/, '')).host;
    const body = await (await fetch(`http://${target}/metrics`)).text();
    const { status, stderr: said } = spawnSync('promtool', ['check', 'metrics'], { input: body, encoding: 'utf8' });
    expect({ status, said }).toEqual({ status: 0, said: '' });

    const server = await prometheus(target);
    await server.until('up{job="unroutable"}', (value) => value === '1');
    await server.until('unroutable_feed_messages_total', (value) => Number(value) > 1_000);
    await server.until('unroutable_ready', (value) => value === '1');
    await server.until('rate(unroutable_commits_total[1m])', (value) => Number(value) > 0);
    for (const expr of queries) {
      const answer = await server.query(asked(expr));
      expect([expr, answer?.status, answer?.error]).toEqual([expr, 'success', undefined]);
    }
    const empty: string[] = [];
    for (const expr of queries) if ((await server.query(asked(expr)))?.data?.result.length === 0) empty.push(expr);
    // Nothing of the kind has happened in this watch, and it asks no service.
    expect(
      empty.filter(
        (expr) =>
          !/lag_seconds|rejects|gaps_total|errors|webhook|heartbeats|events_total|reachability|service_targets|vantage_points/.test(
            expr,
          ),
      ),
    ).toEqual([]);
    const loaded = (await server.get('rules')) as { data: { groups: { rules: { health: string }[] }[] } };
    const health = loaded.data.groups.flatMap((group) => group.rules.map((rule) => rule.health));
    expect(health).toHaveLength(16);
    expect(health.filter((one) => one === 'err')).toEqual([]);
  },
);
