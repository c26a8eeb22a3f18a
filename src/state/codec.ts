import { messageOf } from '../lib/message-of.ts';

/**
 * The schema of a value in a record. It writes the value as JSON and reads it back.
 *
 * Records are small or written often, so a schema checks only when it reads.
 */
export interface Codec<T> {
  /** The value in JSON form. `undefined`: the field is left out. */
  encode(value: T): unknown;
  /**
   * Reads what `encode` returned. An absent field is `undefined`.
   *
   * @param units number of units of the record's territory: indices of units are smaller.
   * @throws Error that says what is wrong. The caller names the record.
   */
  decode(value: unknown, units: number): T;
  /** Whether `encode` returns the value unchanged. */
  readonly isPlain?: boolean;
}

/** A codec of a field that an object may lack. */
export interface AbsentCodec<T> extends Codec<T | undefined> {
  readonly mayBeAbsent: true;
}

/** The type of the values of a codec. */
export type TypeOf<C> = C extends AbsentCodec<infer T> ? T : C extends Codec<infer T> ? T : never;

type Schema = Readonly<Record<string, Codec<never> | Codec<unknown>>>;
type AbsentIn<S> = { [K in keyof S]: S[K] extends { readonly mayBeAbsent: true } ? K : never }[keyof S];

/** An object with these fields. */
export type ObjectOf<S> = { readonly [K in Exclude<keyof S, AbsentIn<S>>]: TypeOf<S[K]> } & {
  readonly [K in AbsentIn<S>]?: TypeOf<S[K]>;
};

/** The text of a record. */
export function recordText<T>(codec: Codec<T>, value: T): string {
  return JSON.stringify(codec.encode(value));
}

/**
 * Reads the text of a record. @param units see `Codec.decode`. @throws Error when `recordText` cannot have written it.
 */
export function parseRecord<T>(codec: Codec<T>, text: string, units = 0): T {
  return codec.decode(JSON.parse(text), units);
}

/** One of these words. */
export function word<const Word extends string>(words: readonly Word[]): Codec<Word> {
  return plain((value) => {
    const found = words.find((one) => one === value);
    if (found === undefined) throw new Error(`it is not one of ${words.join(', ')}`);
    return found;
  });
}

/** A list of values of this codec. */
export function list<T>(item: Codec<T>): Codec<T[]> {
  return {
    isPlain: item.isPlain === true,
    encode: (values) => (item.isPlain === true ? values : values.map((value) => item.encode(value))),
    decode: (value, end) => {
      if (!Array.isArray(value)) throw new Error('it is not a list');
      return value.map((one) => item.decode(one, end));
    },
  };
}

/** A set as a list. */
export function set<T>(item: Codec<T>): Codec<Set<T>> {
  return converted(list(item), {
    from: (values) => new Set(values),
    to: (values) => [...values],
  });
}

/** A map as a list of pairs. */
export function map<K, V>(key: Codec<K>, value: Codec<V>): Codec<Map<K, V>> {
  return converted(list(pair(key, value)), {
    from: (pairs) => new Map(pairs),
    to: (entries) => [...entries],
  });
}

/** A pair of values. */
export function pair<A, B>(first: Codec<A>, second: Codec<B>): Codec<readonly [A, B]> {
  const isPlain = first.isPlain === true && second.isPlain === true;
  return {
    isPlain,
    encode: (value) => (isPlain ? value : [first.encode(value[0]), second.encode(value[1])]),
    decode: (value, end) => {
      if (!Array.isArray(value) || value.length !== 2) throw new Error('it is not a pair');
      return [first.decode(value[0], end), second.decode(value[1], end)];
    },
  };
}

/** The value or `undefined`. The decoded object always has the field. */
export function optional<T>(codec: Codec<T>): Codec<T | undefined> {
  return {
    encode: (value) => (value === undefined ? undefined : codec.encode(value)),
    decode: (value, end) => (value === undefined ? undefined : codec.decode(value, end)),
  };
}

/** A field that may be absent, in JSON and in the decoded object. */
export function absent<T>(codec: Codec<T>): AbsentCodec<T> {
  return { ...optional(codec), mayBeAbsent: true };
}

/** An object, its fields written in the order of the schema. */
export function object<const S extends Schema>(schema: S): Codec<ObjectOf<S>> {
  const fields = fieldsOf(schema);
  return {
    encode: (value) => {
      const written: Record<string, unknown> = {};
      for (const [name, codec] of fields) {
        const one = value[name as keyof ObjectOf<S>];
        written[name] = codec.isPlain === true ? one : codec.encode(one);
      }
      return written;
    },
    decode: (value, end) => {
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('it is not an object');
      return decodeFields<S>(fields, value as Readonly<Record<string, unknown>>, end);
    },
  };
}

/** An object as the list of its values, in the order of the schema. Absent values at the end are left out. */
export function row<const S extends Schema>(schema: S): Codec<ObjectOf<S>> {
  const fields = fieldsOf(schema);
  return {
    encode: (value) => {
      const values = fields.map(([name, codec]) => codec.encode(value[name as keyof ObjectOf<S>]));
      while (values.length > 0 && values.at(-1) === undefined) values.pop();
      return values;
    },
    decode: (value, end) => {
      if (!Array.isArray(value) || value.length > fields.length) throw new Error('it is not a row of values');
      return decodeFields<S>(fields, Object.fromEntries(fields.map(([name], i) => [name, value[i] as unknown])), end);
    },
  };
}

/** A value that is stored in another shape. Decoding throws what `from` throws. */
export function converted<Written, T>(
  codec: Codec<Written>,
  { from, to }: { readonly from: (written: Written) => T; readonly to: (value: T) => Written },
): Codec<T> {
  return { encode: (value) => codec.encode(to(value)), decode: (value, end) => from(codec.decode(value, end)) };
}

/** Decodes each distinct text only once, because few texts occur often. Make a new one for each state that is read. */
export function readOnce<T>(codec: Codec<T>): Codec<T> {
  const read = new Map<unknown, T>();
  return {
    encode: (value) => codec.encode(value),
    decode: (value, end) => {
      let one = read.get(value);
      if (one === undefined) read.set(value, (one = codec.decode(value, end)));
      return one;
    },
  };
}

/** A value that JSON can hold unchanged. @param decode checks it, and throws an `Error`. */
export function plain<T>(decode: Codec<T>['decode']): Codec<T> {
  return { encode: (value) => value, decode, isPlain: true };
}

type Fields = readonly (readonly [name: string, codec: Codec<unknown>, mayBeAbsent: boolean])[];

function fieldsOf(schema: Schema): Fields {
  return Object.entries(schema).map(([name, codec]) => [name, codec as Codec<unknown>, 'mayBeAbsent' in codec]);
}

function decodeFields<S>(fields: Fields, value: Readonly<Record<string, unknown>>, units: number): ObjectOf<S> {
  const found: Record<string, unknown> = {};
  for (const [name, codec, mayBeAbsent] of fields) {
    const written = value[name];
    if (mayBeAbsent && written === undefined) continue;
    try {
      found[name] = codec.decode(written, units);
    } catch (error) {
      throw new Error(`${name}: ${messageOf(error)}`, { cause: error });
    }
  }
  return found as ObjectOf<S>;
}
