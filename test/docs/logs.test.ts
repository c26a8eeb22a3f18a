import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { glob } from 'tinyglobby';
import { beforeAll, describe, expect, test } from 'vitest';
import { ROOT } from '../support/cli.ts';

const page = readFileSync(join(ROOT, 'docs/operations.md'), 'utf8');
const [section = ''] = /^## Logs$[\s\S]*/m.exec(page) ?? [];
/** The lines that the page lists: `the page is at …`. */
const listed = [...section.matchAll(/^\| (`.+?) +\|/gm)].flatMap(([, cell = '']) =>
  [...cell.matchAll(/`([^`]+)`/g)].map(([, line = '']) => line),
);

/** What is logged and made elsewhere, or has no words of its own: the line of the page for it. */
const MADE_ELSEWHERE: Readonly<Record<string, string>> = {
  'startText(selection, feed, opened)': 'unroutable … watches …, seeded from …, stored in …',
  UNSTORED: 'stopped while the store did not answer: …',
  'probesText(probes)': 'asks N services and …',
  'this.#words()': 'the first table and the feed have no peer in common: …',
  'cut(message)': 'RIPEstat …',
  line: '… this tool cannot judge …',
  warning: 'memory: …',
  '`${store.name}: ${warning}`': 'events: N are stored, though --keep-events …',
  'report.warning': 'webhook …: …',
  '`${territory}: ${changed}`': '…: blocks, origins or policy have changed, …',
  '`${report.file}: ${report.reason}`': 'FILE: …',
  '`${space} ${key}: ${reason}`': 'SPACE KEY: …',
};
/** `logReport` logs what tables of lines give; those are read as well. */
const OF_TABLES = 'sentence';
/** Further lines of these. */
const ALSO: readonly string[] = ['appendonly: …', 'replica: …', '… was open to others (mode …) …'];

/** The lines of all others. */
const others = listed.filter((line) => ![...Object.values(MADE_ELSEWHERE), ...ALSO].includes(line));

/** An expression of a log call: its code, and the texts in it with `\0` for each value. */
interface Logged {
  readonly code: string;
  readonly texts: readonly string[];
}
let logged: readonly Logged[];
beforeAll(async () => {
  const files = await glob(['src/**/*.ts', 'streams/**/*.ts'], { cwd: ROOT });
  logged = files.flatMap((file) => callsIn(readFileSync(join(ROOT, file), 'utf8')));
});

describe('docs/operations.md has the log lines of the program', () => {
  test('every line that is logged is listed', () => {
    expect(logged.length).toBeGreaterThan(50);
    const missing = logged.flatMap(({ code, texts }) => {
      const elsewhere = MADE_ELSEWHERE[code];
      if (elsewhere !== undefined) return listed.includes(elsewhere) ? [] : [elsewhere];
      if (texts.length === 0) return [code];
      return texts
        .filter((text) => !others.some((line) => fits(line, text, WORD)))
        .map((text) => text.replaceAll('\0', '…'));
    });
    expect(missing).toEqual([]);
  });

  test('every line that is listed is logged', () => {
    const texts = logged.filter(({ code }) => !(code in MADE_ELSEWHERE)).flatMap((one) => one.texts);
    expect(others.filter((line) => !texts.some((text) => fits(line, text, ANY)))).toEqual([]);
  });

  test('a line is found by its words, whatever its values', () => {
    expect(fits('webhook … is off: …', 'webhook \0 is \0\0', ANY)).toBe(true);
    expect(fits('webhook … is off', 'webhook \0 is \0', WORD)).toBe(true);
    expect(fits('webhook … is off: …', 'webhook \0: \0 is not delivered: \0', WORD)).toBe(false);
    expect(fits('DRILL: …', '\0: a result was passed over: \0', WORD)).toBe(false);
    expect(callsIn("log.warn({ a: ')' }, b ? `one ${c(`}`)} two` : 'three');")[0]?.texts).toEqual([
      'one \0 two',
      'three',
    ]);
  });
});

/** The last argument of each call of the log, and the sentence of each line: `['info', { line }, 'sentence']`. */
function callsIn(source: string): readonly Logged[] {
  const calls = source.matchAll(
    /\blog(?:\.(?:info|warn|error)|\[[^\]]+\])\(|\[(?=\s*(?:[^[\],]+\? )?'(?:info|warn|error)',\s*(?:\{|fields))/g,
  );
  return [...calls]
    .map((match) => lastArgument(source, match.index + match[0].length))
    .filter((code) => code !== OF_TABLES)
    .map((code) => ({ code, texts: textsIn(code) }));
}

/** Code from `from` up to the bracket that closes it, without what is before its last comma. */
function lastArgument(source: string, from: number): string {
  let [at, start, depth] = [from, from, 0];
  for (; ; at++) {
    const char = source[at] ?? ')';
    if (char === "'" || char === '`') at = endOfText(source, at);
    else if ('([{'.includes(char)) depth++;
    else if (')]}'.includes(char) && depth-- === 0) break;
    else if (char === ',' && depth === 0 && !/^\s*[)\]]/.test(source.slice(at + 1))) start = at + 1;
  }
  return source.slice(start, at).trim().replace(/,$/, '');
}

/** Where the text in quotation marks ends that begins at `from`. */
function endOfText(source: string, from: number): number {
  const mark = source[from];
  for (let at = from + 1; at < source.length; at++) {
    if (source[at] === mark) return at;
    if (source[at] === '\\') at++;
    else if (mark === '`' && source.startsWith('${', at)) at = endOfValue(source, at + 2);
  }
  return source.length;
}

function endOfValue(source: string, from: number): number {
  for (let at = from, depth = 0; at < source.length; at++) {
    const char = source[at] ?? '';
    if (char === "'" || char === '`') at = endOfText(source, at);
    else if (char === '{') depth++;
    else if (char === '}' && depth-- === 0) return at;
  }
  return source.length;
}

/** The texts of an expression; those that are compared with something are none of them. */
function textsIn(code: string): readonly string[] {
  const texts: string[] = [];
  for (let at = 0; at < code.length; at++) {
    if (code[at] !== "'" && code[at] !== '`') continue;
    const end = endOfText(code, at);
    let text = '';
    for (let i = at + 1; i < end; i++) {
      if (!code.startsWith('${', i)) text += code[i];
      else {
        text += '\0';
        i = endOfValue(code, i + 2);
      }
    }
    if (/[a-z]{2}/.test(text)) texts.push(text);
    at = end;
  }
  return texts;
}

const ANY = '*';
const WORD = '\0';
const LONG_WORD = /[A-Za-z]{3,}/g;

/**
 * Whether a line of the page, in which `…`, `N` and the like stand for anything, can be this text.
 *
 * @param last what the values at the end of the text can be: one word, or anything.
 */
function fits(line: string, text: string, last: typeof ANY | typeof WORD): boolean {
  // A value can be any word, so one word at least must be a word of both.
  const own = new Set(text.match(LONG_WORD));
  if (line.match(LONG_WORD)?.some((word) => own.has(word)) !== true) return false;
  const pattern = line.replaceAll(/…|\brrcNN\b|\b(?:N|M|NAME|ID)\b/g, ANY);
  const words = text.replace(/\0+$/, last);
  const known = new Map<number, boolean>();
  const meet = (i: number, j: number): boolean => {
    const key = i * (words.length + 1) + j;
    const found = known.get(key) ?? tried(i, j);
    known.set(key, found);
    return found;
  };
  const tried = (i: number, j: number): boolean => {
    const [a, b] = [pattern[i], words[j]];
    if (a === undefined && b === undefined) return true;
    if (a === ANY) return meet(i + 1, j) || (b !== undefined && meet(i, j + 1));
    if (b === ANY) return meet(i, j + 1) || (a !== undefined && meet(i + 1, j));
    if (b === WORD) return meet(i, j + 1) || (a !== undefined && !/[\s:]/.test(a) && meet(i + 1, j));
    return a === b && meet(i + 1, j + 1);
  };
  return meet(0, 0);
}
