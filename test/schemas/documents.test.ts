import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, describe, expect, test } from 'vitest';
import { channels, keysOf } from '../../src/store/keys.ts';
import { EVENTS_DOCUMENT, read, shownExamples, shownFiles, withExamples } from './documents.ts';
import { examples } from './examples.ts';
import { EVENT_FIELDS, EVENT_TYPES, PART_FIELDS } from './fields.ts';
import { faultsOf } from './schemas.ts';

const run = promisify(execFile);
const folder = fileURLToPath(new URL('../../docs/examples/', import.meta.url));
const text = read(EVENTS_DOCUMENT);
const shown = shownExamples(text);
const scratch = mkdtempSync(join(tmpdir(), 'unroutable-examples-'));

afterAll(() => rmSync(scratch, { recursive: true, force: true }));

describe('docs/events.md', () => {
  test('has a heading, a line in the table and an example for each type, and for no other', () => {
    const headings = [...text.matchAll(/^#### ([a-z]+\.[a-z-]+)$/gm)].map(([, type]) => type);
    const rows = [...text.matchAll(/^\| \[`([a-z.-]+)`\]\(#([a-z-]+)\)/gm)].map(([, type = '', anchor]) => [
      type,
      anchor,
    ]);
    expect(new Set(headings)).toEqual(new Set(EVENT_TYPES));
    expect(rows).toEqual(headings.map((type = '') => [type, type.replace('.', '')]));
    expect(shown.map(({ type }) => type)).toEqual(headings);
  });

  test.each(shown)('the example of $type is valid', ({ type, event }) => {
    expect(faultsOf(type, event)).toEqual([]);
  });

  test('its examples are what the program says, and its programs are the files', async () => {
    expect(shownFiles(text)).toEqual(['sh', 'mjs', 'py', 'go'].map((end) => `examples/subscribe.${end}`));
    await expect(await withExamples(text, await examples())).toMatchFileSnapshot(EVENTS_DOCUMENT);
  });

  test('an example that is not marked as shortened is complete', async () => {
    for (const { event, origin } of await examples()) {
      const { evidence } = event.data as { evidence?: { count: number; messages: readonly unknown[] } };
      if (evidence === undefined || evidence.messages.length === evidence.count) continue;
      expect(origin).toMatch(/, shortened: the first of \d+ messages of evidence\.$/);
    }
  });

  test('names every field of the envelope', () => {
    const [section = ''] = /^## The envelope$[\s\S]*?(?=^## )/m.exec(text) ?? [];
    const rows = [...section.matchAll(/^\| `([a-z]+)` +\|/gm)].map(([, name]) => name);
    expect(rows).toEqual(Object.keys(PART_FIELDS['envelope'] ?? {}));
  });

  test('every field that it names in an example is one of the types, and so is each that it mentions', () => {
    const known = new Set(Object.values(EVENT_FIELDS).flatMap((fields) => Object.keys(fields)));
    const spoken = [...text.matchAll(/`data\.([a-zA-Z]+)`/g)].map(([, name = '']) => name);
    expect(spoken.length).toBeGreaterThan(3);
    expect(spoken.filter((name) => !known.has(name))).toEqual([]);
  });

  test('names keys and channels as the program does', () => {
    for (const key of [keysOf('KP').events, keysOf('KP').ids, channels.events, channels.ofTerritory('KP')]) {
      expect(text).toContain(`\`${key}\``);
    }
    const known = new Set([keysOf('KP').events, keysOf('KP').ids, channels.events, channels.ofTerritory('KP')]);
    const named = [...text.matchAll(/unroutable:(?:\{KP\}:)?[a-z]+(?::KP)?/g)].map(([name]) => name);
    expect(named.filter((name) => !known.has(name))).toEqual([]);
  });

  test('links lead somewhere', () => {
    const slug = (heading: string): string =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(' ', '-');
    const anchors = new Set([...text.matchAll(/^#+ (.+)$/gm)].map(([, heading = '']) => `#${slug(heading)}`));
    const links = [...text.matchAll(/\]\((#[^)]+)\)/g)].map(([, link = '']) => link);
    expect(links.length).toBeGreaterThan(EVENT_TYPES.length);
    expect(links.filter((link) => !anchors.has(link))).toEqual([]);
  });
});

interface Checker {
  readonly file: string;
  readonly program: string;
  readonly args: readonly string[];
}

const CHECKERS: readonly Checker[] = [
  { file: 'subscribe.mjs', program: process.execPath, args: ['--check'] },
  { file: 'subscribe.sh', program: 'bash', args: ['-n'] },
  { file: 'subscribe.py', program: 'python3', args: ['-c', 'import ast, sys; ast.parse(open(sys.argv[1]).read())'] },
  { file: 'subscribe.go', program: 'gofmt', args: ['-e', '-d'] },
];
const present = await Promise.all(CHECKERS.map(({ program }) => isPresent(program)));

describe('the programs in docs/examples', () => {
  test('are these', () => {
    const names = readdirSync(folder).filter((name) => name.startsWith('subscribe.'));
    expect(names.sort()).toEqual(CHECKERS.map(({ file }) => file).sort());
  });

  test.each(CHECKERS)('$file uses the keys and channels of the program', ({ file }) => {
    const code = read(join(folder, file));
    const spelled = code.replaceAll(
      /\$?\{WATCH:-KP\}|\{\{WATCH\}\}|\$\{watch\}|" \+ watch \+ "|\$\{\$\{WATCH:-KP\}\}/g,
      'KP',
    );
    expect(code).toContain(channels.events);
    for (const key of [keysOf('KP').events, keysOf('KP').ids]) {
      expect(spelled.replaceAll('{{KP}}', '{KP}').replaceAll('{$KP}', '{KP}')).toContain(key);
    }
  });

  for (const [i, { file, program, args }] of CHECKERS.entries()) {
    const note = present[i] === true ? '' : ` (skipped: there is no ${program} here)`;
    test.skipIf(present[i] !== true)(`${file} is well formed${note}`, async () => {
      const { stdout } = await run(program, [...args, join(folder, file)], { cwd: scratch });
      expect(stdout).toBe('');
    });
  }
});

async function isPresent(program: string): Promise<boolean> {
  try {
    await run(program, [program === 'gofmt' ? '-h' : '--version']);
    return true;
  } catch (error) {
    // gofmt answers -h with a status of 2.
    return (error as { code?: unknown }).code !== 'ENOENT';
  }
}
