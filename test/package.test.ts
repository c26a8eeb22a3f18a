import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

/**
 * What `npm publish` would give to people: the real tarball of this checkout, built once by its own `prepare`, installed
 * in a folder that has nothing else. Dependencies come from npm's cache or the registry.
 */
const ROOT = fileURLToPath(new URL('..', import.meta.url));
const INCIDENT = '2014-12-22';
/** Bytes. In November 2026 it is 0.4 MB packed and 1.1 MB installed; half of that is the WebAssembly and the incidents. */
const MOST_PACKED = 800_000;
const MOST_INSTALLED = 2_500_000;

let folder = '';

interface Ran {
  readonly stdout: string;
  readonly stderr: string;
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'unroutable-package-'));
  await run('npm', ['pack', '--pack-destination', folder], ROOT);
  await run('npm', ['install', '--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund', tarball()], folder);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the package', () => {
  test('holds the program, its WebAssembly, the incidents and the papers', () => {
    const held = (path: string): boolean => existsSync(join(installed(), path));
    const wanted = [
      'dist/src/cli/main.js',
      'dist/streams/mrt/scan-worker.js',
      'bgpkit-parser-wasm/pkg/bgpkit_parser_wasm_bg.wasm',
      'bgpkit-parser-wasm/pkg/LICENSES.txt',
      `incidents/${INCIDENT}/incident.yaml`,
      'LICENSE',
      'README.md',
      'CHANGELOG.md',
      'bin/unroutable',
      'docs/redis.md',
      'docs/territories.md',
      'docs/webhooks.md',
      'docs/serve-ris.md',
    ];
    expect(wanted.filter((path) => !held(path))).toEqual([]);
  });

  test('holds no source, test, script or golden, and nothing of the Rust crate but what was built', () => {
    const isOdd = (path: string): boolean =>
      /(?:^|\/)(?:test|tests|scripts|target|node_modules)\/|\.test\.|golden|\.rs$|Cargo|\.map$/.test(path) ||
      (path.endsWith('.ts') && !path.endsWith('.d.ts'));
    expect(filesOf(installed()).filter(isOdd)).toEqual([]);
  });

  test('is small, packed and installed', () => {
    expect(statSync(tarball()).size).toBeLessThan(MOST_PACKED);
    const bytes = filesOf(installed()).reduce((sum, path) => sum + statSync(join(installed(), path)).size, 0);
    expect(bytes).toBeLessThan(MOST_INSTALLED);
  });
});

describe('the installed command, with nothing else installed', () => {
  test('says its version, as the package has it', async () => {
    const { version } = manifest(ROOT);
    expect((await unroutable(['--version'])).stdout.trim()).toBe(version);
  });

  test('replays a shipped incident and decides what the checkout decides', async () => {
    expect(await decided(join(installed(), 'incidents', INCIDENT))).toEqual(golden());
  });

  test("replays files of one's own, in a folder of one's own", async () => {
    cpSync(join(ROOT, 'incidents', INCIDENT), join(folder, 'my archive'), { recursive: true });
    expect(await decided('my archive')).toEqual(golden());
  });

  test('tells it in words', async () => {
    const { stdout } = await unroutable(['replay', 'my archive', '--format', 'text', '--no-chart']);
    expect(stdout).toContain('North Korea');
    expect(stdout).toContain('unroutable');
  });
});

/** Each event's id, which is a hash of what was decided, and its type. */
async function decided(path: string): Promise<readonly string[]> {
  const { stdout, stderr } = await unroutable(['replay', path, '--format', 'ndjson', '--quiet']);
  // npm itself may have something to say about a machine's settings.
  expect(stderr.split('\n').filter((line) => !line.startsWith('npm ') && line !== '')).toEqual([]);
  return idsIn(stdout);
}

function golden(): readonly string[] {
  const ids = idsIn(readFileSync(join(ROOT, 'incidents', INCIDENT, 'events.golden.ndjson'), 'utf8'));
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

/** `--no`: never fetched, only what is installed here. */
function unroutable(args: readonly string[]): Promise<Ran> {
  return run('npx', ['--no', '--', 'unroutable', ...args], folder);
}

function run(program: string, args: readonly string[], cwd: string): Promise<Ran> {
  // What `npm test` tells its children of this checkout is not for an npm that runs elsewhere.
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

function manifest(root: string): { readonly name: string; readonly version: string } {
  return JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { name: string; version: string };
}
