import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Writable } from 'node:stream';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../src/cli/program.ts';
import { TEMPLATES } from '../../src/cli/webhook/program.ts';
import { parseWebhooks } from '../../src/config/webhooks-file.ts';
import { FOR_PEOPLE, PLAIN_PRESETS } from '../../src/sinks/webhook/endpoints/endpoint.ts';
import { SCHEDULE_MS } from '../../src/sinks/webhook/request/schedule.ts';
import { ROOT } from '../support/cli.ts';
import { EVENT_TYPES } from '../schemas/fields.ts';

const text = readFileSync(join(ROOT, 'docs/webhooks.md'), 'utf8');
const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
const io = { stdout: nowhere, stderr: nowhere, env: {}, signal: new AbortController().signal };
const program = createProgram(io, () => undefined);

describe('docs/webhooks.md', () => {
  test('shows the programs as they are', () => {
    const shown = [...text.matchAll(/<!-- file: (\S+) -->\n\n```\w+\n([\s\S]*?)\n```\n/g)];
    expect(shown.map(([, path]) => path)).toEqual(
      ['verify.mjs', 'verify.py', 'verify.go', 'Verify.java', 'verify.sh'].map((name) => `examples/verify/${name}`),
    );
    for (const [, path = '', code] of shown) {
      expect(`${code}\n`).toBe(readFileSync(join(ROOT, 'docs', path), 'utf8'));
    }
  });

  test('lists every type of event, each with a link to its example', () => {
    const rows = [...text.matchAll(/^\| \[`([a-z.-]+)`\]\(events\.md#([a-z-]+)\)/gm)];
    expect(new Set(rows.map(([, type]) => type))).toEqual(new Set(EVENT_TYPES));
    expect(rows.map(([, , anchor]) => anchor)).toEqual(rows.map(([, type = '']) => type.replace('.', '')));
  });

  test('says of every type when it is sent in the words of docs/events.md', () => {
    const saidIn = (page: string): ReadonlyMap<string, string> =>
      new Map(
        [...page.matchAll(/^\| \[`([a-z.-]+)`\]\((?:events\.md)?#[a-z-]+\) +\| (.+?) +\|$/gm)].map(
          ([, type = '', when = '']) => [type, when],
        ),
      );
    const said = saidIn(readFileSync(join(ROOT, 'docs/events.md'), 'utf8'));
    expect(said.size).toBe(EVENT_TYPES.length);
    expect(saidIn(text)).toEqual(said);
  });

  test('its file is one', () => {
    const yaml = /```yaml\n([\s\S]*?)```/.exec(text)?.[1] ?? '';
    const parsed = parseWebhooks(yaml, 'webhooks.yaml');
    expect(parsed).toMatchObject({ ok: true });
    expect(parsed.ok && parsed.value.map(({ name }) => name)).toEqual(['desk', 'chat', 'pager', 'intranet']);
  });

  test('its schedule is that of the program', () => {
    const documented = /at once, then after (.+?), each 10 % more or less/s.exec(text)?.[1] ?? '';
    const units: Readonly<Record<string, number>> = { s: 1_000, min: 60_000, h: 3_600_000 };
    const waits = [...documented.matchAll(/(\d+) (s|min|h)\b/g)].map(
      ([, n, unit = '']) => Number(n) * (units[unit] ?? 0),
    );
    expect([0, ...waits]).toEqual(SCHEDULE_MS);
  });

  test('its templates are those of the program, and so are those that --help names', () => {
    const presets = [...PLAIN_PRESETS, 'telegram', 'pagerduty'];
    const rows = [...text.matchAll(/^\| ((?:`\w+`(?:, )?)+) +\|/gm)].flatMap(([, names = '']) =>
      [...names.matchAll(/`(\w+)`/g)].map(([, name]) => name),
    );
    expect(new Set(rows)).toEqual(new Set(presets));
    expect(TEMPLATES.split(', ').toSorted()).toEqual(presets.toSorted());
    for (const type of FOR_PEOPLE.types ?? []) expect(text).toContain(`\`${type}\``);
  });

  test('its commands are there, with the options that it names', () => {
    const lines = [...text.matchAll(/^ {4}unroutable (.+?)(?: +#.*)?$/gm)].map(([, line = '']) => line);
    expect(lines.length).toBeGreaterThan(15);
    for (const line of lines) {
      const words = line.split(' ');
      const command = commandOf(program, words);
      const known = new Set(command.options.map(({ long }) => long ?? ''));
      const named = words.filter((word) => word.startsWith('--'));
      expect([line, named.filter((option) => !known.has(option))]).toEqual([line, []]);
    }
  });

  test('its links lead somewhere', () => {
    const slug = (heading: string): string =>
      heading
        .toLowerCase()
        .replaceAll(/[^\w\s-]/g, '')
        .replaceAll(' ', '-');
    const anchorsOf = (file: string): ReadonlySet<string> =>
      new Set(
        [...readFileSync(join(ROOT, 'docs', file), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, one = '']) => slug(one)),
      );
    const links = [...text.matchAll(/\]\(([\w.]*)#?([^)\s]*)\)/g)].filter(([link]) => !link.includes('http'));
    expect(links.length).toBeGreaterThan(EVENT_TYPES.length);
    for (const [link, file = '', anchor = ''] of links) {
      const anchors = anchorsOf(file === '' ? 'webhooks.md' : file);
      if (anchor !== '') expect([link, anchors.has(anchor)]).toEqual([link, true]);
    }
  });
});

function commandOf(from: Command, words: readonly string[]): Command {
  const [word, ...rest] = words;
  const found = from.commands.find((one) => one.name() === word);
  return found === undefined ? from : commandOf(found, rest);
}
