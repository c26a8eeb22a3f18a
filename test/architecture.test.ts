import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';

const root = fileURLToPath(new URL('..', import.meta.url));

interface Module {
  /** From the root, with forward slashes: `src/bgp/asn.ts`. */
  readonly path: string;
  readonly text: string;
  /** Paths of modules of ours, and names of packages. */
  readonly imports: readonly string[];
}

const modules = ['src', 'streams', 'scripts'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => moduleOf(join(folder, file))),
);

/**
 * The rooms from the inside out. A module imports from its own layer and from those before it; type imports count.
 * ARCHITECTURE.md draws the same map.
 */
const LAYERS: readonly (readonly string[])[] = [
  ['src/bgp/'],
  ['src/lib/'],
  ['src/policy/'],
  ['src/territory/'],
  ['src/rib/'],
  ['src/peers/'],
  ['src/detect/'],
  ['src/reach/'],
  ['src/state/'],
  ['src/engine.ts'],
  ['src/spaces.ts'],
  ['src/ports.ts', 'src/pipeline.ts'],
  ['streams/', 'src/store/', 'src/sinks/', 'src/report/', 'src/history/'],
  ['src/config/'],
  ['src/http/', 'src/jobs/'],
  ['src/pictures/'],
  ['src/app/'],
  ['src/index.ts'],
  ['src/cli/'],
];

const PURE = [
  'src/bgp/',
  'src/policy/',
  'src/territory/',
  'src/rib/',
  'src/peers/',
  'src/detect/',
  'src/reach/',
  'src/state/',
  'src/engine.ts',
  'src/history/',
];

test('the map names no room that is not there', () => {
  const rooms = [...LAYERS.flat(), ...PURE];
  expect(rooms.filter((room) => !modules.some(({ path }) => path.startsWith(room)))).toEqual([]);
});

describe('imports point inward', () => {
  test.each(modules.filter((module) => layerOf(module.path) >= 0))('$path', ({ path, imports }) => {
    const outward = imports.filter((to) => layerOf(to) > layerOf(path));
    expect(outward).toEqual([]);
  });
});

test('every module of the program has a layer', () => {
  const homeless = modules.filter((module) => !module.path.startsWith('scripts/') && layerOf(module.path) < 0);
  expect(homeless.map((module) => module.path)).toEqual([]);
});

test('peers in one layer do not know each other: no stream, store, sink or report imports another kind', () => {
  const kinds = ['streams/', 'src/store/', 'src/sinks/', 'src/report/', 'src/history/'];
  const kindOf = (path: string) => kinds.find((kind) => path.startsWith(kind));
  const crossing = modules.flatMap(({ path, imports }) =>
    imports
      .filter((to) => kindOf(path) !== undefined && kindOf(to) !== undefined && kindOf(to) !== kindOf(path))
      .map((to) => `${path} -> ${to}`),
  );
  expect(crossing).toEqual([]);
});

test('nothing of the program imports a script', () => {
  const importing = modules.filter(
    ({ path, imports }) => !path.startsWith('scripts/') && imports.some((to) => to.startsWith('scripts/')),
  );
  expect(importing.map((module) => module.path)).toEqual([]);
});

describe('the core is pure', () => {
  const core = modules.filter(({ path }) => PURE.some((folder) => path.startsWith(folder)));

  test.each(core)('$path has no clock, timer, randomness, I/O or environment', ({ text }) => {
    const code = withoutComments(text);
    for (const banned of [
      /\bDate\.now\b/,
      /\bnew Date\(\)/,
      /\bperformance\b/,
      /\bset(?:Timeout|Interval|Immediate)\b/,
      /\bMath\.random\b/,
      /\bfetch\(/,
      /\bprocess\b/,
      /\bqueueMicrotask\b/,
      /\bimport\(/,
    ]) {
      expect(code).not.toMatch(banned);
    }
  });

  test.each(core)('$path imports no package but the hash', ({ path, imports }) => {
    const packages = imports.filter((to) => !to.startsWith('src/'));
    expect(packages).toEqual(path === 'src/detect/events/chain.ts' ? ['node:crypto'] : []);
  });
});

describe('the core', () => {
  const core = modules.filter(
    ({ path }) => PURE.some((room) => path.startsWith(room)) || ['src/ports.ts', 'src/pipeline.ts'].includes(path),
  );

  test('names no webhook, no store product and no drill, but for the mark that events of a drill carry', () => {
    const naming = core.filter(({ text }) => /webhook|redis|lmdb|drill/i.test(text)).map(({ path }) => path);
    expect(naming).toEqual(['src/detect/events/event.ts']);
  });

  test('has its thresholds only in src/policy', () => {
    // Retention and sizes of buckets in src/history decide nothing; docs/history.md gives them.
    const own = core.filter(({ path }) => !/^src\/(?:policy|history)\//.test(path)).flatMap(thresholdsOf);
    const units = ['MINUTE_MS', 'HOUR_MS', 'DAY_MS'].map((name) => `src/bgp/time.ts ${name}`);
    expect(own).toEqual(['src/bgp/peer.ts RIS_HOLD_MS', ...units]);
  });
});

test('what decides in a live feed whether a vote is lost is in src/policy, too', () => {
  const own = modules
    .filter(({ path }) => /^streams\/ris-live\/(?!server\/)/.test(path))
    .flatMap(thresholdsOf)
    .map((threshold) => threshold.replace('streams/ris-live/', ''));
  // How often something is done, whether our own process was held up, and what follows from the fixed values.
  expect(own.sort()).toEqual([
    'fields.ts FIRST_COLLECTOR_MS',
    'intake.ts PEER_TICK_MS',
    'intake.ts TICK_MS',
    'line.ts HEALTHY_MS',
    'line.ts HELD_UP_MS',
    'pace.ts SPAN_MS',
    'sessions.ts HOLD_MS',
    'source.ts BEAT_MS',
    'source.ts HELD_UP_MS',
    'source.ts LEAP_MS',
    'stream-clock.ts TOLERANCE_MS',
  ]);
});

/** Timers that run by real time, whatever the clock of the sources says. */
const REAL_TIME = [
  // The lock of a shared cache: other processes see by its time that this one lives.
  'streams/archive/file-lock.ts',
  // The patience with a target: how long its network stays silent is the finding.
  'streams/probe/finding.ts',
];

test('sources have no clock and no timers of their own, but for those named: time comes with the data or through the Clock port', () => {
  const own =
    /\bDate\.now\b|\bnew Date\(\)|\bMath\.random\b|\bperformance\.now\b|\bset(?:Timeout|Interval)\b|\bAbortSignal\.timeout\b/;
  const ticking = modules.filter(({ path, text }) => path.startsWith('streams/') && own.test(withoutComments(text)));
  expect(ticking.map((module) => module.path).sort()).toEqual(REAL_TIME);
});

test('signals that cannot be released are joined only once in a command', () => {
  const joining = modules.filter(({ text }) => /\bAbortSignal\.any\b/.test(withoutComments(text)));
  const paths = joining.map(({ path }) => path).filter((path) => !path.startsWith('src/cli/'));
  expect(paths).toEqual(['src/app/replay/open-stored-replay.ts']);
});

test('only the command line reads the environment', () => {
  const reading = modules.filter(
    ({ path, text }) =>
      !/^(?:src\/cli|src\/app|scripts)\//.test(path) && /\bprocess\.(?:env|argv)\b/.test(withoutComments(text)),
  );
  expect(reading.map((module) => module.path)).toEqual([]);
});

test('no module exports a default', () => {
  expect(modules.filter(({ text }) => /^export default\b/m.test(text)).map((module) => module.path)).toEqual([]);
});

test('no modules import each other in a circle; type imports count', () => {
  const circles = circlesOf(modules.filter(({ path }) => !path.startsWith('scripts/')));
  expect(circles).toEqual([]);
});

/** They hold the parts of one idea, and no module of them is in a circle. */
const ENTWINED = ['src/detect/events <-> src/detect/incident', 'src/detect/events <-> src/detect/verdict'];

test('no two rooms beside each other need each other, but for those named', () => {
  const rooms = new Map<string, Set<string>>();
  for (const { path, imports } of modules) {
    const [room, ...others] = [path, ...imports].map((each) => dirname(each));
    const beside = others.filter((other) => other !== room && dirname(other) === dirname(room ?? ''));
    rooms.set(room ?? '', new Set([...(rooms.get(room ?? '') ?? []), ...beside]));
  }
  const pairs = [...rooms].flatMap(([room, needed]) =>
    [...needed].filter((other) => room < other && rooms.get(other)?.has(room)).map((other) => `${room} <-> ${other}`),
  );
  expect(pairs.sort()).toEqual(ENTWINED);
});

test('a circle is found, also one that only types make', () => {
  const module = (path: string, ...imports: readonly string[]): Module => ({ path, text: '', imports });
  const found = circlesOf([module('a', 'b'), module('b', 'c', 'zod'), module('c', 'b'), module('d', 'a', 'd')]);
  expect(found).toEqual([['b', 'c']]);
});

/** Groups of modules that reach each other: the strongly connected components, by Tarjan's algorithm. */
function circlesOf(all: readonly Module[]): readonly (readonly string[])[] {
  const importsOf = new Map(all.map(({ path, imports }) => [path, imports]));
  const order = new Map<string, number>();
  const lowest = new Map<string, number>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (path: string): number => {
    const index = order.size;
    order.set(path, index);
    lowest.set(path, index);
    stack.push(path);
    for (const to of importsOf.get(path) ?? []) {
      if (!importsOf.has(to)) continue;
      const seen = order.get(to);
      const reached = seen === undefined ? visit(to) : stack.includes(to) ? seen : index;
      lowest.set(path, Math.min(lowest.get(path) ?? index, reached));
    }
    const low = lowest.get(path) ?? index;
    if (low === index) {
      const group = stack.splice(stack.indexOf(path));
      if (group.length > 1) circles.push(group.sort());
    }
    return low;
  };
  for (const { path } of all) if (!order.has(path)) visit(path);
  return circles;
}

function layerOf(path: string): number {
  return LAYERS.findIndex((layer) => layer.some((prefix) => path.startsWith(prefix)));
}

function moduleOf(file: string): Module {
  const path = file.replaceAll('\\', '/');
  const text = readFileSync(join(root, file), 'utf8');
  const specifiers = [
    ...text.matchAll(/^(?:import|export)\b[^;]*?\bfrom '([^']+)'|^import '([^']+)'|\bimport\('([^']+)'\)/gm),
  ];
  const imports = specifiers.map(([, from, bare, lazy]) => {
    const specifier = from ?? bare ?? lazy ?? '';
    if (!specifier.startsWith('.')) return specifier;
    return relative(root, resolve(root, dirname(file), specifier)).replaceAll('\\', '/');
  });
  return { path, text, imports };
}

function thresholdsOf({ path, text }: Module): readonly string[] {
  const named = text.matchAll(/const (\w+(?:_MS|_SHARE|_AT|_BELOW|_FACTOR|_PART)) =/g);
  return [...named].map(([, name]) => `${path} ${name}`);
}

function withoutComments(text: string): string {
  return text.replaceAll(/\/\*[\s\S]*?\*\//g, '').replaceAll(/\/\/.*$/gm, '');
}
