import { parsePrefix, type Prefix } from '../../src/bgp/prefix.ts';
import { watching } from '../../src/territory/territory.ts';

/** Parsed prefixes by their text, so that the same text is parsed only once. Emptied when full. */
const MAX_KNOWN = 10_000;

/** Whether a prefix in a message is watched. `undefined`: it cannot be read. */
export type PrefixSight = Prefix | 'of-no-concern' | undefined;

/**
 * Finds the prefixes that concern the watched blocks, by their text. A full feed has 20,000 messages a second, and a
 * country one a minute. So a prefix with another first octet is skipped without parsing: a prefix of at least /8 that
 * covers a block, or lies in it, starts with the same octet.
 */
export class WatchedRoutes {
  readonly #isEverything: boolean;
  readonly #isWatched: (prefix: Prefix) => boolean;
  readonly #quads = new Set<number>();
  readonly #hextets = new Set<number>();
  readonly #known = new Map<string, Prefix>();

  constructor(blocks: readonly Prefix[] | 'everything') {
    this.#isEverything = blocks === 'everything';
    this.#isWatched = watching(blocks);
    if (blocks === 'everything') return;
    for (const block of blocks) (block.family === 'ipv4' ? this.#quads : this.#hextets).add(block.words[0] >>> 24);
  }

  sight(text: string): PrefixSight {
    const known = this.#known.get(text);
    if (known !== undefined) return known;
    if (!this.#isEverything && this.#begins(text) === false) return 'of-no-concern';
    const prefix = parsePrefix(text);
    if (prefix === undefined) return undefined;
    if (!this.#isWatched(prefix)) return 'of-no-concern';
    if (this.#known.size >= MAX_KNOWN) this.#known.clear();
    this.#known.set(text, prefix);
    return prefix;
  }

  /** `false`: the text starts with an address of another /8; `undefined`: it does not start like an address. */
  #begins(text: string): boolean | undefined {
    let decimal = 0;
    let hexadecimal = 0;
    for (let i = 0; i < 5; i++) {
      const code = text.charCodeAt(i);
      if (code === DOT) return i > 0 && i < 4 && decimal < 256 ? this.#quads.has(decimal) : undefined;
      if (code === COLON) return i > 0 ? this.#hextets.has(hexadecimal >>> 8) : undefined;
      const digit = digitOf(code);
      if (digit === undefined) return undefined;
      decimal = digit < 10 ? decimal * 10 + digit : Number.NaN;
      hexadecimal = hexadecimal * 16 + digit;
    }
    return undefined;
  }
}

const DOT = 0x2e;
const COLON = 0x3a;

function digitOf(code: number): number | undefined {
  if (code >= 0x30 && code <= 0x39) return code - 0x30;
  if (code >= 0x61 && code <= 0x66) return code - 0x57;
  return code >= 0x41 && code <= 0x46 ? code - 0x37 : undefined;
}
