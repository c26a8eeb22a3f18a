import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { format } from 'prettier';
import { isScalar, parseDocument, visit } from 'yaml';
import type { Example } from './examples.ts';

/**
 * Documents that show what the program says and the examples in files: `npx vitest run test/schemas
 * --update` writes them again; read the diff.
 */
const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const STYLE = { singleQuote: true, printWidth: 120, trailingComma: 'all' } as const;

export const EVENTS_DOCUMENT = `${ROOT}docs/events.md`;
export const ASYNCAPI_DOCUMENT = `${ROOT}asyncapi.yaml`;

const EXAMPLE = /<!-- example: (\S+) -->\n[\s\S]*?\n```json\n[\s\S]*?\n```\n/g;
const FILE = /<!-- file: (\S+) -->\n\n```(\w+)\n[\s\S]*?\n```\n/g;

export function read(path: string): string {
  return readFileSync(path, 'utf8');
}

/** The text of docs/events.md with each example and each file as they are now. */
export async function withExamples(text: string, examples: readonly Example[]): Promise<string> {
  const filled = text
    .replaceAll(EXAMPLE, (_, type: string) => {
      const example = examples.find((one) => one.type === type);
      if (example === undefined) throw new Error(`no example of ${type}`);
      const { event, words, origin } = example;
      const json = JSON.stringify(event, undefined, 2);
      return `<!-- example: ${type} -->\n\n> ${words}\n\n${origin}\n\n\`\`\`json\n${json}\n\`\`\`\n`;
    })
    .replaceAll(FILE, (_, path: string, language: string) => {
      const code = read(`${ROOT}docs/${path}`).trimEnd();
      return `<!-- file: ${path} -->\n\n\`\`\`${language}\n${code}\n\`\`\`\n`;
    });
  return format(filled, { ...STYLE, parser: 'markdown' });
}

/** Types of the examples that docs/events.md shows, and what they are, in order. */
export function shownExamples(text: string): readonly { readonly type: string; readonly event: unknown }[] {
  return [...text.matchAll(EXAMPLE)].map(([block, type = '']) => ({
    type,
    event: JSON.parse(/```json\n([\s\S]*?)\n```/.exec(block)?.[1] ?? '') as unknown,
  }));
}

/** Paths of the files that docs/events.md shows, from docs/. */
export function shownFiles(text: string): readonly string[] {
  return [...text.matchAll(FILE)].map(([, path = '']) => path);
}

/** asyncapi.yaml with the examples of its messages as they are now; `entry` shows how a stream carries one. */
export async function withMessages(text: string, examples: readonly Example[]): Promise<string> {
  const document = parseDocument(text);
  for (const { type, event, words } of examples) {
    const shown = [{ name: type.replace('.', '-'), summary: words, payload: event }];
    document.setIn(['components', 'messages', type, 'examples'], document.createNode(shown));
  }
  const first = examples.find(({ type }) => type === 'country.unroutable');
  if (first === undefined) throw new Error('no example');
  const payload = { id: first.event.id, event: JSON.stringify(first.event) };
  const shown = [{ name: 'entry', summary: 'An entry of the stream, with a country.unroutable.', payload }];
  document.setIn(['components', 'messages', 'entry', 'examples'], document.createNode(shown));
  visit(document, {
    Scalar: (_, node) => {
      // The text of times and sequences is not a time or a number for a reader of YAML 1.1.
      if (isScalar(node) && typeof node.value === 'string' && /^[\d.:TZ-]+$/.test(node.value))
        node.type = 'QUOTE_SINGLE';
    },
  });
  return format(document.toString({ lineWidth: 0, singleQuote: true }), { ...STYLE, parser: 'yaml' });
}
