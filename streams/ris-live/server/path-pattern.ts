import type { AsPath, PathEntry } from '../../../src/bgp/as-path.ts';

/** The `path` of a filter: AS numbers that are next to each other in the path. */
export interface PathPattern {
  readonly hops: readonly string[];
  /** `^`: at the AS nearest to the collector. */
  readonly fromFirst: boolean;
  /** `$`: up to the origin. */
  readonly toLast: boolean;
  /** `!`: paths that do not match. */
  readonly isInverted: boolean;
}

const FORM = /^(!?)(\^?)((?:\d{1,10}|\[\d{1,10}(?:,\d{1,10})*\])(?:,(?:\d{1,10}|\[\d{1,10}(?:,\d{1,10})*\]))*)(\$?)$/;
/** Longer ones match no path that was ever announced. */
const MAX_TEXT = 4096;

/** Reads `3356`, `"174,3356"`, `"^123,456,[789,10111]$"`, `"!^123"`; anything else is `undefined`. */
export function parsePathPattern(value: unknown): PathPattern | undefined {
  const text = typeof value === 'number' ? String(value) : value;
  if (typeof text !== 'string' || text.length > MAX_TEXT) return undefined;
  const found = FORM.exec(text);
  if (found === null) return undefined;
  const [, not = '', first = '', hops = '', last = ''] = found;
  return {
    hops: hops.match(/\[[^\]]*\]|\d+/g) ?? [],
    fromFirst: first !== '',
    toLast: last !== '',
    isInverted: not !== '',
  };
}

/** Whether an AS path matches the pattern of a subscription. */
export function pathMatches(pattern: PathPattern, path: AsPath): boolean {
  return holds(pattern, path) !== pattern.isInverted;
}

function holds({ hops, fromFirst, toLast }: PathPattern, path: AsPath): boolean {
  const last = path.length - hops.length;
  if (last < 0 || (fromFirst && toLast && last > 0)) return false;
  const [from, to] = [toLast ? last : 0, fromFirst ? 0 : last];
  for (let at = from; at <= to; at++) {
    if (hops.every((hop, i) => hop === hopText(path[at + i]))) return true;
  }
  return false;
}

/** An AS_SET as filters write it: a JSON array, ascending, without spaces. */
function hopText(entry: PathEntry | undefined): string {
  return typeof entry === 'object' ? `[${entry.join(',')}]` : String(entry);
}
