import { isMap, isNode, isScalar, LineCounter, parseDocument, type Document, type Node } from 'yaml';
import { messageOf } from '../lib/message-of.ts';
import type { Place } from '../lib/zod-faults.ts';

/** A YAML document as plain values, with a way back to the place where each was written. */
export interface YamlDocument {
  readonly value: unknown;
  /** `7:13`, line and column from 1: of the key if the document has it, otherwise of the nearest value around it. */
  locate(path: Place, what?: 'key' | 'value'): string;
}

/** A YAML document as it was read, or its faults. */
export type YamlResult =
  | { readonly ok: true; readonly document: YamlDocument }
  /** Each with its place in front: `7:13: …`. */
  | { readonly ok: false; readonly faults: readonly string[] };

/** Anchors may save some typing; nested ones can make a billion values from a kilobyte. */
const MOST_ALIASES = 100;

/** Reads one YAML 1.2 document, strictly: duplicate keys, unknown tags and a second document are faults. */
export function readYaml(text: string): YamlResult {
  const lines = new LineCounter();
  const place = (offset: number) => {
    const { line, col } = lines.linePos(offset);
    return `${line}:${col}`;
  };
  const document = parseDocument(text, {
    lineCounter: lines,
    prettyErrors: false,
    uniqueKeys: true,
    strict: true,
    logLevel: 'error',
  });
  const problems = [...document.errors, ...document.warnings];
  if (problems.length > 0) {
    return { ok: false, faults: problems.map(({ pos, message }) => `${place(pos[0])}: ${problemText(message)}`) };
  }
  try {
    const value: unknown = document.toJS({ maxAliasCount: MOST_ALIASES });
    return { ok: true, document: { value, locate: (path, what) => place(offsetOf(document, path, what)) } };
  } catch (error) {
    // The one thing that can fail here is resolving aliases; yaml throws a ReferenceError without a place.
    const [, name] = /^Unresolved alias .*: (\S{1,80})/.exec(messageOf(error)) ?? [];
    if (name === undefined) return { ok: false, faults: ['1:1: the aliases make too many values; write them out'] };
    const at = Math.max(text.indexOf(`*${name}`), 0);
    return { ok: false, faults: [`${place(at)}: *${name} stands for nothing that is written above as &${name}`] };
  }
}

/** The library quotes what it could not read: all of a file that is not YAML. */
const MOST_OF_PROBLEM = 200;

function problemText(message: string): string {
  if (message === 'Map keys must be unique') return 'this key is here twice';
  if (message.startsWith('Source contains multiple documents')) return 'a second document begins here: a file has one';
  const [first = message] = message.split('\n');
  return first.length > MOST_OF_PROBLEM ? `${first.slice(0, MOST_OF_PROBLEM)}…` : first;
}

function offsetOf(document: Document, path: Place, what: 'key' | 'value' = 'value'): number {
  for (let depth = path.length; depth > 0; depth--) {
    const node = nodeAt(document, path.slice(0, depth), what);
    if (node?.range) return node.range[0];
  }
  return document.contents?.range?.[0] ?? 0;
}

function nodeAt(document: Document, path: Place, what: 'key' | 'value'): Node | undefined {
  const last = path.at(-1);
  if (what === 'key') {
    const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
    if (!isMap(parent)) return undefined;
    const key = parent.items.find((pair) => isScalar(pair.key) && String(pair.key.value) === last)?.key;
    return isNode(key) ? key : undefined;
  }
  const node = document.getIn(path, true);
  return isNode(node) ? node : undefined;
}
