import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { channels, keysOf } from '../../src/store/keys.ts';
import { ROOT } from '../support/cli.ts';
import { readCompose, type Service } from './compose.ts';
import { schemaErrors } from './compose-schema.ts';
import { unknownWords } from './words.ts';

const docs = readFileSync(join(ROOT, 'docs/docker.md'), 'utf8');
const commands = [...docs.matchAll(/^ {4}(\S.*(?:\\\n.*)*)$/gm)].map(([, line]) => line!.replaceAll('\\\n', ' '));
const { services } = readCompose();

/** The text before a comment, a pipe or the next command. */
function callsOf(pattern: RegExp): readonly (readonly string[])[] {
  const calls = commands.flatMap((command) => [...command.matchAll(pattern)].map((match) => match.groups!['words']!));
  return calls.map((words) => words.replace(/\s+(?:#|>|\||&).*$/, '').split(/\s+/));
}

describe('docs/docker.md', () => {
  test('calls the program by commands and options that it has', () => {
    const calls = callsOf(
      /(?:exec (?:-T )?\S+ unroutable|bin\/unroutable|unroutable unroutable|--rm unroutable) (?<words>[^&]+)/g,
    );
    expect(calls.length).toBeGreaterThan(6);
    expect(calls.flatMap((words) => unknownWords(words))).toEqual([]);
  });

  test('names services that there are', () => {
    const named = callsOf(
      /docker compose(?: --profile \w+)? (?:exec|logs|stop|start|kill)(?: -\w+)* (?<words>\S+)/g,
    ).flat();
    expect(named.length).toBeGreaterThan(6);
    expect(named.filter((name) => services[name] === undefined)).toEqual([]);
  });

  test('names the stream and the channels as they are', () => {
    expect(docs).toContain(`\`${keysOf('watch').events}\``);
    expect(docs).toContain(`\`${channels.events}\``);
    expect(docs).toContain(`\`${channels.ofTerritory('KP')}\``);
  });

  test('shows an override that is valid, with options that the program has', () => {
    const yaml = /```yaml\n([^`]*)```/.exec(docs)?.[1] ?? '';
    const override = parse(yaml, { merge: true }) as { readonly services: Readonly<Record<string, Service>> };
    expect(schemaErrors(override)).toEqual([]);
    expect(Object.keys(override.services)).toEqual(['analyzer', 'standby']);
    expect(unknownWords(override.services['standby']?.command ?? [])).toEqual([]);
  });

  test('gives its user of Redis the rights that docs/redis.md gives', () => {
    const rights = (text: string): string | undefined => /unroutable on \S+ (resetkeys .*)/.exec(text)?.[1];
    expect(rights(docs)).toBeDefined();
    expect(rights(docs)).toBe(rights(readFileSync(join(ROOT, 'docs/redis.md'), 'utf8')));
  });

  test('uses the images that the files use', () => {
    const images = commands.flatMap((command) => command.match(/\bredis:\d\S*/g) ?? []);
    expect(new Set(images)).toEqual(new Set([services['redis']?.image]));
  });
});
