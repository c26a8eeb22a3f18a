import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from './support/cli.ts';

/** What a person sees who starts the executable of a checkout with the wrong Node.js, or without a build. */
const NODE_18 = join(ROOT, '.ci/node18/node_modules/.bin/node');
const NEEDED = (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { engines: { node: string } }).engines
  .node;

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'unroutable-bin-'));
  for (const part of ['bin', 'package.json', 'scripts/prepare.cjs'])
    cpSync(join(ROOT, part), join(folder, part), { recursive: true });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the executable', () => {
  test('says what to do when the checkout is not built: status 2', async () => {
    const { status, stderr } = await ran(process.execPath, ['bin/unroutable', 'status']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^unroutable: this checkout is not built: .* has no dist\/\. Run `npm ci` there/);
  });

  test('names the Node.js that is needed before it loads anything: status 2', async () => {
    const text = readFileSync(join(folder, 'package.json'), 'utf8');
    writeFileSync(join(folder, 'package.json'), text.replace(NEEDED, '>=99.3'));
    const { status, stderr } = await ran(process.execPath, ['bin/unroutable', 'status']);
    writeFileSync(join(folder, 'package.json'), text);
    expect(status).toBe(2);
    expect(stderr).toContain(`unroutable: Node.js 99.3 or newer is needed, this is ${process.versions.node}`);
  });

  test.skipIf(!existsSync(NODE_18))('says so to a real Node.js 18', async () => {
    const { status, stderr } = await ran(NODE_18, [join(ROOT, 'bin/unroutable'), '--version']);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^unroutable: Node\.js 20\.19 or newer is needed, this is 18\.[^\n]*\n$/);
  });
});

describe('an install without the development dependencies', () => {
  test('ends well, and says that nothing was built', async () => {
    const { status, stderr } = await ran(process.execPath, ['scripts/prepare.cjs'], { npm_command: 'ci' });
    expect(status).toBe(0);
    expect(stderr).toContain('nothing was built, because the compiler is a development dependency');
  });

  test('makes no package without the program', async () => {
    const { status } = await ran(process.execPath, ['scripts/prepare.cjs'], { npm_command: 'pack' });
    expect(status).toBe(1);
  });

  test('keeps the program that was built before', async () => {
    mkdirSync(join(folder, 'dist/cli'), { recursive: true });
    writeFileSync(join(folder, 'dist/cli/main.js'), 'console.log("started");\n');
    expect((await ran(process.execPath, ['scripts/prepare.cjs'], { npm_command: 'ci' })).stderr).toContain(
      'stays as it is',
    );
    expect(await ran(process.execPath, ['bin/unroutable'])).toEqual({ status: 0, stdout: 'started\n', stderr: '' });
    rmSync(join(folder, 'dist'), { recursive: true });
  });
});

function ran(
  program: string,
  args: readonly string[],
  more: Readonly<Record<string, string>> = {},
): Promise<{ readonly status: number; readonly stdout: string; readonly stderr: string }> {
  return new Promise((resolve) => {
    execFile(program, args, { cwd: folder, env: { PATH: process.env['PATH'], ...more } }, (error, stdout, stderr) =>
      resolve({ status: error === null ? 0 : Number(error.code), stdout, stderr }),
    );
  });
}
