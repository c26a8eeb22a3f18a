import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { validate } from 'dockerfile-utils';
import { describe, expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';
import { ignoredBy, isIgnored } from './context.ts';
import { DOCKERFILE, environmentOf, execForm, lastOf, stagesOf, type Step } from './dockerfile.ts';

const stages = stagesOf(DOCKERFILE);
const image = stages.at(-1)!;
const manifest = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
  readonly version: string;
  readonly description: string;
  readonly license: string;
  readonly engines: { readonly node: string };
  readonly bin: Readonly<Record<string, string>>;
};

describe('the Dockerfile', () => {
  test('is valid: the validator has nothing to say', () => {
    expect(validate(DOCKERFILE)).toEqual([]);
  });

  test('the validator is one that finds errors', () => {
    expect(validate('FROM node:24\nENTRYPOINTS ["node"]\nSTOPSIGNAL NONE').length).toBeGreaterThan(1);
  });

  test('compiles in one stage, installs in another, and runs from a third that runs nothing while it is built', () => {
    expect(stages.map(({ name }) => name)).toEqual(['build', 'dependencies', undefined]);
    expect(image.steps.filter(({ keyword }) => keyword === 'RUN')).toEqual([]);
  });

  test('starts every stage from one slim image of Node.js, pinned by major and minor version', () => {
    const images = new Set(stages.map(({ image }) => image));
    expect([...images]).toEqual([expect.stringMatching(/^node:\d+\.\d+-[a-z]+-slim$/)]);
  });

  test('has a Node.js as package.json wants it', () => {
    const [major = 0, minor = 0] = /(\d+)\.(\d+)/.exec(image.image)?.slice(1).map(Number) ?? [];
    const [wantedMajor = 0, wantedMinor = 0] =
      /^>=(\d+)\.(\d+)$/.exec(manifest.engines.node)?.slice(1).map(Number) ?? [];
    expect(wantedMajor).toBeGreaterThan(0);
    expect(major * 1000 + minor).toBeGreaterThanOrEqual(wantedMajor * 1000 + wantedMinor);
    expect(major % 2, 'a line with long-term support').toBe(0);
  });

  test('installs what the lock file says, and lets no package run a script', () => {
    const installs = stages.flatMap(({ steps }) => steps).filter(({ text }) => /\bnpm (?:ci|i|install)\b/.test(text));
    expect(installs.map(({ text }) => text)).toEqual(['npm ci --ignore-scripts', 'npm ci --omit=dev --ignore-scripts']);
  });

  test('copies what there is, and what .dockerignore lets through', () => {
    const paths = contextPaths(stages.flatMap(({ steps }) => steps));
    expect(paths).toContain('src');
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    expect(paths.filter(isIgnored)).toEqual([]);
  });

  test('copies from stages that come before it', () => {
    const names = new Set<string>();
    for (const { name, steps } of stages) {
      const from = steps.flatMap(({ flags }) => flags['from'] ?? []);
      expect(from.filter((stage) => !names.has(stage))).toEqual([]);
      if (name !== undefined) names.add(name);
    }
  });
});

describe('.dockerignore', () => {
  test.each(['.git/config', 'node_modules/lmdb/index.js', 'dist/cli/main.js', 'test/world.ts', '.env', 'data/dump'])(
    'keeps %s from the builder',
    (path) => expect(isIgnored(path)).toBe(true),
  );

  test('keeps the goldens, and lets the recordings through', () => {
    expect(isIgnored('incidents/2014-12-22/events.golden.ndjson')).toBe(true);
    expect(isIgnored('incidents/2014-12-22/incident.yaml')).toBe(false);
  });

  test('is read as docker reads it: the last line that fits decides', () => {
    const isIgnored = ignoredBy('# all\n*\n!docs\ndocs/**/*.tmp\n!docs/keep.tmp\n');
    const kept = ['README.md', 'docs', 'docs/a.md', 'docs/a.tmp', 'docs/b/c.tmp', 'docs/keep.tmp'];
    expect(kept.map((path) => isIgnored(path))).toEqual([true, false, false, true, true, false]);
  });
});

describe('the image', () => {
  test('runs as a user who is not root, given by number', () => {
    const [, user, group] = /^(\d+):(\d+)$/.exec(lastOf(image, 'USER')?.text ?? '') ?? [];
    expect(Number(user)).toBeGreaterThan(0);
    expect(Number(group)).toBeGreaterThan(0);
  });

  test('starts the program that package.json names, without a shell before it', () => {
    expect(Object.keys(manifest.bin)).toEqual(['unroutable']);
    expect(execForm(lastOf(image, 'ENTRYPOINT')?.text ?? '')).toEqual(['unroutable']);
    expect(execForm(lastOf(image, 'CMD')?.text ?? '')).toEqual(['--help']);
  });

  test('asks the program itself whether it is ready, without a shell', () => {
    const { text = '', flags = {} } = lastOf(image, 'HEALTHCHECK') ?? {};
    expect(execForm(text.replace(/^CMD\s+/, ''))).toEqual(['unroutable', 'status', '--ready']);
    expect(Object.keys(flags).sort()).toEqual(['interval', 'retries', 'start-interval', 'start-period', 'timeout']);
  });

  test('is stopped by the signal that the program takes for its end', () => {
    expect(lastOf(image, 'STOPSIGNAL')?.text).toBe('SIGTERM');
  });

  test('says what it is as package.json does', () => {
    const { properties: labels = {} } = lastOf(image, 'LABEL') ?? {};
    expect(labels['org.opencontainers.image.title']).toBe('unroutable');
    expect(labels['org.opencontainers.image.version']).toBe(manifest.version);
    expect(labels['org.opencontainers.image.description']).toBe(manifest.description);
    expect(labels['org.opencontainers.image.licenses']).toBe(manifest.license);
  });

  test('gives its user one folder, the one where state is stored without Redis', () => {
    const given = image.steps.filter(({ flags }) => flags['chown'] !== undefined);
    expect(given.map(({ flags, text }) => [flags['chown'], text.split(/\s+/).at(-1)])).toEqual([
      [lastOf(image, 'USER')?.text, environmentOf(image)['UNROUTABLE_STORE']],
    ]);
  });
});

/** What COPY takes from the checkout. */
function contextPaths(steps: readonly Step[]): readonly string[] {
  return steps
    .filter(({ keyword, flags }) => keyword === 'COPY' && flags['from'] === undefined)
    .flatMap(({ text }) => text.split(/\s+/).slice(0, -1));
}
