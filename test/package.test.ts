import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { isBuilt } from './support/built.ts';
import { hasShell, withoutShell } from './support/shell.ts';

/**
 * What `npm publish` would give to people: the real tarball of this checkout, built by its own `prepare`, installed in a
 * folder that has nothing else. Dependencies come from npm's cache or the registry. What `npm ci` or the last run built of
 * these very sources is not built again.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const INCIDENT = '2014-12-22';
/** A shorter one. */
const TWO_WAVES = '2022-11-17';
/**
 * Bytes. Before reports it was 2.4 MB packed and 8.2 MB installed: the library with source maps that hold the sources, and the command in one file. Since
 * reports draw pictures, it is 4.0 and 13.5 MB: the library that draws is 1.4 MB of the command, the font 0.8 MB. With the
 * page as Brotli too, and more of the incident library, 4.6 and 14.4 MB.
 */
const MOST_PACKED = 4_800_000;
const MOST_INSTALLED = 15_000_000;
const ENTRY_POINTS = ['.', './mrt', './ris-live', './store/redis', './store/embedded', './report'];

let folder = '';

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'unroutable-package-'));
  const built = isBuilt() ? ['--ignore-scripts'] : [];
  await run('npm', ['pack', '--pack-destination', folder, ...built], ROOT);
  await run('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball()], folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe.skipIf(!hasShell)(`the package${withoutShell}`, () => {
  test('holds the program, its WebAssembly, the incidents and the papers', () => {
    const held = (path: string): boolean => existsSync(join(installed(), path));
    const wanted = [
      'dist/cli/main.js',
      'dist/cli/scan-worker.js',
      'dist/cli/territories-worker.js',
      'dist/cli/LICENSES.txt',
      'bgpkit-parser-wasm/pkg/bgpkit_parser_wasm_bg.wasm',
      'bgpkit-parser-wasm/pkg/LICENSES.txt',
      `incidents/${INCIDENT}/incident.yaml`,
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'bin/unroutable',
      'dist/src/index.d.ts',
      'dist/src/index.js.map',
      'docs/library.md',
      'docs/redis.md',
      'docs/territories.md',
      'docs/webhooks.md',
      'docs/serve-ris.md',
    ];
    expect(wanted.filter((path) => !held(path))).toEqual([]);
  });

  test('holds no source, test, script or golden, and nothing of the Rust crate but what was built', () => {
    const isOdd = (path: string): boolean =>
      /(?:^|\/)(?:test|tests|scripts|target|node_modules)\/|\.test\.|golden|\.rs$|Cargo/.test(path) ||
      (path.endsWith('.ts') && !path.endsWith('.d.ts'));
    expect(filesOf(installed()).filter(isOdd)).toEqual([]);
  });

  test('is small, packed and installed', () => {
    expect(statSync(tarball()).size).toBeLessThan(MOST_PACKED);
    const bytes = filesOf(installed()).reduce((sum, path) => sum + statSync(join(installed(), path)).size, 0);
    expect(bytes).toBeLessThan(MOST_INSTALLED);
  });
});

describe.skipIf(!hasShell)(`the installed command, with nothing else installed${withoutShell}`, () => {
  test('says its version, as the package has it', async () => {
    const { version } = manifest(ROOT);
    // `--no`: never fetched, only what is installed here.
    expect((await run('npx', ['--no', '--', 'unroutable', '--version'], folder)).stdout.trim()).toBe(version);
  });

  test('replays a shipped incident and decides what the checkout decides', async () => {
    expect(await decided(join(installed(), 'incidents', INCIDENT))).toEqual(golden());
  });

  test("replays files of one's own, in a folder of one's own", async () => {
    cpSync(join(ROOT, 'incidents', TWO_WAVES), join(folder, 'my archive'), { recursive: true });
    expect(await decided('my archive')).toEqual(golden(TWO_WAVES));
  });

  test('says it in words', async () => {
    const { stdout } = await unroutable(['replay', 'my archive', '--format', 'text', '--no-chart']);
    expect(stdout).toContain('North Korea');
    expect(stdout).toContain('unroutable');
  });
});

describe.skipIf(!hasShell)(`the library${withoutShell}`, () => {
  const manual = readFileSync(join(ROOT, 'docs', 'library.md'), 'utf8');
  /** Each example begins with a comment that names its file. */
  const examples = new Map(
    [...manual.matchAll(/^```js\n\/\/ (\S+\.mjs)\n([\s\S]*?)^```$/gm)].map(([, name = '', code = '']) => [name, code]),
  );

  beforeAll(() => {
    for (const [name, code] of examples) writeFileSync(join(folder, name), code);
  });

  const node = async (...args: readonly string[]): Promise<readonly string[]> =>
    (await run(process.execPath, args, folder)).stdout.trim().split('\n');

  test('has the entry points that the manual lists, and no other module of it can be imported', async () => {
    expect(Object.keys(manifest(installed()).exports)).toEqual(ENTRY_POINTS);
    const names = ENTRY_POINTS.map((point) => `unroutable${point.slice(1)}`);
    for (const name of names) expect(manual).toContain(`\`${name}\``);
    const wanted = [...names, 'unroutable/dist/src/engine.js', 'unroutable/package.json'];
    const code = `for (const name of ${JSON.stringify(wanted)})
      console.log(name, await import(name).then(() => 'yes', (error) => error.code));`;
    expect(await node('--input-type=module', '-e', code)).toEqual([
      ...names.map((name) => `${name} yes`),
      'unroutable/dist/src/engine.js ERR_PACKAGE_PATH_NOT_EXPORTED',
      'unroutable/package.json ERR_PACKAGE_PATH_NOT_EXPORTED',
    ]);
  });

  test('replays a file in ten lines, and decides what the command decides', async () => {
    const code = examples.get('replay.mjs') ?? '';
    expect(code.split('\n').filter((line) => line.trim() !== '').length).toBeLessThanOrEqual(10);
    expect(await node('replay.mjs')).toEqual(golden());
  });

  test("runs the engine over a source of one's own", async () => {
    const lines = await node('own-source.mjs');
    expect(lines.at(0)).toMatch(/^North Korea has been unroutable since 2026-01-01 04:59:00 UTC/);
    expect(lines).toHaveLength(1);
  });

  test('follows events in a folder while the engine writes them, to the end of the first incident', async () => {
    const lines = await node('follow.mjs');
    expect(lines).toContainEqual(expect.stringContaining('North Korea has been unroutable since'));
    expect(lines).toHaveLength(golden().findIndex((id) => id.startsWith('incident.closed ')) + 1);
  });

  test('has types: the examples compile without a cast', async () => {
    const how = ['--strict', '--noEmit', '--allowJs', '--checkJs', '--module', 'nodenext', '--target', 'es2023'];
    const roots = ['--types', 'node', '--typeRoots', join(ROOT, 'node_modules', '@types')];
    const tsc = join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
    const { stdout } = await run(process.execPath, [tsc, ...how, ...roots, ...examples.keys()], folder).catch(
      (error: Ran) => error,
    );
    expect(stdout).toBe('');
  });
});

/** Each event's id, which is a hash of what was decided, and its type. */
async function decided(path: string): Promise<readonly string[]> {
  const { stdout, stderr } = await unroutable(['replay', path, '--format', 'ndjson', '--quiet']);
  expect(stderr).toBe('');
  return idsIn(stdout);
}

function golden(incident = INCIDENT): readonly string[] {
  const ids = idsIn(readFileSync(join(ROOT, 'incidents', incident, 'events.golden.ndjson'), 'utf8'));
  expect(ids.some((id) => id.startsWith('country.unroutable'))).toBe(true);
  return ids;
}

function idsIn(ndjson: string): readonly string[] {
  const events = ndjson
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { type: string; id: string });
  return events.map(({ type, id }) => `${type} ${id}`);
}

/** As npm has laid it where a shell finds it. */
function unroutable(args: readonly string[]): Promise<Ran> {
  return run(join(folder, 'node_modules', '.bin', 'unroutable'), args, folder);
}

function run(program: string, args: readonly string[], cwd: string): Promise<Ran> {
  // What `npm test` passes to its children about this checkout is not for an npm that runs elsewhere.
  const env = Object.entries(process.env).filter(
    ([name]) => !/^(?:npm_(?!config_)|npm_config_local|INIT_CWD|NODE_)/.test(name),
  );
  return promisify(execFile)(program, args, { cwd, env: Object.fromEntries(env), maxBuffer: 2 ** 26 });
}

function tarball(): string {
  const { name, version } = manifest(ROOT);
  return join(folder, `${name}-${version}.tgz`);
}

function installed(): string {
  return join(folder, 'node_modules', 'unroutable');
}

function filesOf(root: string): readonly string[] {
  return readdirSync(root, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1));
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly exports: Readonly<Record<string, unknown>>;
}

function manifest(root: string): Manifest {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Manifest;
}
