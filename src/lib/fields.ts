import { asnOf, parseAsn, type Asn } from '../bgp/asn.ts';
import { parseAsPath, type AsPath } from '../bgp/as-path.ts';
import { parseCollector, peerOf, type Peer } from '../bgp/peer.ts';
import { addressText, parseAddress, parsePrefix, type Prefix } from '../bgp/prefix.ts';
import { eventTimeOf, type EventTime } from '../bgp/time.ts';

/**
 * Reads what was written as JSON, field by field. What is not as it was written throws an `Error` that says so: who reads
 * a record catches it and names the record.
 */
export class Fields {
  readonly #fields: Readonly<Record<string, unknown>>;

  constructor(value: unknown) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is not an object');
    this.#fields = value as Readonly<Record<string, unknown>>;
  }

  static parse(text: string): Fields {
    return new Fields(JSON.parse(text));
  }

  value(name: string): unknown {
    return this.#fields[name];
  }

  number(name: string): number {
    return numberFrom(this.#fields[name], name);
  }

  count(name: string): number {
    return countFrom(this.#fields[name], name);
  }

  time(name: string): EventTime {
    return timeFrom(this.#fields[name], name);
  }

  text(name: string): string {
    const text = this.#fields[name];
    if (typeof text !== 'string') throw new Error(`${name} is no text`);
    return text;
  }

  /** Absent is false. */
  flag(name: string): boolean {
    const flag = this.#fields[name];
    if (flag !== undefined && typeof flag !== 'boolean') throw new Error(`${name} is neither true nor false`);
    return flag === true;
  }

  word<Word extends string>(name: string, words: readonly Word[]): Word {
    const found = words.find((word) => word === this.#fields[name]);
    if (found === undefined) throw new Error(`${name} is not one of ${words.join(', ')}`);
    return found;
  }

  fields(name: string): Fields {
    return named(name, () => new Fields(this.#fields[name]));
  }

  list<T>(name: string, read: (value: unknown) => T): T[] {
    const list = this.#fields[name];
    if (!Array.isArray(list)) throw new Error(`${name} is not a list`);
    return named(name, () => list.map((value) => read(value)));
  }

  optional<T>(name: string, read: (value: unknown, name: string) => T): T | undefined {
    const value = this.#fields[name];
    return value === undefined ? undefined : read(value, name);
  }
}

/** A finite number. @throws with its name when it is not one. */
export function numberFrom(value: unknown, name = 'it'): number {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw new Error(`${name} is not a number`);
  return value;
}

/** 0 or more, whole, and below `end`. */
export function countFrom(value: unknown, name = 'it', end = Number.MAX_SAFE_INTEGER): number {
  const count = numberFrom(value, name);
  if (!Number.isInteger(count) || count < 0 || count >= end) throw new Error(`${name} is no count in range`);
  return count;
}

/** An event time. @throws with its name when it is not one. */
export function timeFrom(value: unknown, name = 'it'): EventTime {
  const at = eventTimeOf(numberFrom(value, name));
  if (at === undefined || at !== value) throw new Error(`${name} is no time`);
  return at;
}

/** An AS number. @throws when it is not one. */
export function asnFrom(value: unknown): Asn {
  const asn = asnOf(numberFrom(value));
  if (asn === undefined) throw new Error('it is not an AS number');
  return asn;
}

/** Two values side by side: a key and what it stands for. */
export function pairFrom<A, B>(value: unknown, first: (value: unknown) => A, second: (value: unknown) => B): [A, B] {
  if (!Array.isArray(value) || value.length !== 2) throw new Error('it is not a pair');
  return [first(value[0]), second(value[1])];
}

/** `collector|address|asn`, as `peerOf` makes it. */
export function peerFrom(id: unknown): Peer {
  const [collector = '', address = '', asn = '', ...more] = typeof id === 'string' ? id.split('|') : [];
  const parsed = { collector: parseCollector(collector), address: parseAddress(address), asn: parseAsn(asn) };
  if (parsed.collector === undefined || parsed.address === undefined || parsed.asn === undefined || more.length > 0)
    throw new Error(`${String(id)} is no peer`);
  return peerOf(parsed.collector, addressText(parsed.address.family, parsed.address.words), parsed.asn);
}

/** A prefix from its text. @throws when it is not one. */
export function prefixFrom(text: unknown): Prefix {
  const prefix = typeof text === 'string' ? parsePrefix(text) : undefined;
  if (prefix === undefined) throw new Error(`${String(text)} is no prefix`);
  return prefix;
}

/** A path as `pathText` writes it. */
export function pathFrom(text: string): AsPath {
  const path = parseAsPath(text);
  if (path === undefined) throw new Error(`${text} is not a path`);
  return path;
}

function named<T>(name: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
  }
}
