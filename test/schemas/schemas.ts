import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

export const SCHEMAS_FOLDER = fileURLToPath(new URL('../../schemas/', import.meta.url));
const SUFFIX = '.schema.json';

/** As much of JSON Schema as our own files use. `false` forbids a property. */
export interface Schema {
  readonly $id?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string;
  readonly const?: unknown;
  readonly enum?: readonly string[];
  readonly allOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly items?: Schema;
  readonly properties?: Readonly<Record<string, Schema | boolean>>;
  readonly required?: readonly string[];
}

/** Every file of the folder, by its name without `.schema.json`. */
export const schemas: ReadonlyMap<string, Schema> = new Map(
  readdirSync(SCHEMAS_FOLDER)
    .sort()
    .map((file) => [
      file.endsWith(SUFFIX) ? file.slice(0, -SUFFIX.length) : file,
      JSON.parse(readFileSync(SCHEMAS_FOLDER + file, 'utf8')) as Schema,
    ]),
);

/** Files that are not a single event: what all share, and all events together. */
export const SHARED: readonly string[] = ['common', 'event'];

/** With every file added, strict in all that ajv can be strict in. */
export function createAjv(): Ajv2020 {
  const ajv = new Ajv2020({ strict: true, allErrors: true, validateFormats: true });
  addFormats.default(ajv);
  for (const schema of schemas.values()) ajv.addSchema(schema);
  return ajv;
}

const ajv = createAjv();

export function validatorOf(name: string): ValidateFunction {
  const validate = ajv.getSchema(schemas.get(name)?.$id ?? '');
  if (validate === undefined) throw new Error(`no schema ${name}`);
  return validate;
}

/** What is wrong with a value by the schema of this name, one line each: nothing when it is valid. */
export function faultsOf(name: string, value: unknown): readonly string[] {
  const validate = validatorOf(name);
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params }) => `${instancePath} ${message} ${JSON.stringify(params)}`,
  );
}

/** The schema that a reference in our files means: `common.schema.json#/$defs/time`, `#/$defs/time` (in common). */
export function referred(ref: string): Schema {
  const [file = '', pointer = ''] = ref.split('#');
  const schema = schemas.get(file === '' ? 'common' : file.replace(SUFFIX, ''));
  const name = pointer.replace('/$defs/', '');
  const found = pointer === '' ? schema : schema?.$defs?.[name];
  if (found === undefined) throw new Error(`${ref} refers to nothing`);
  return found;
}

/** The parts of a schema: itself, what it refers to, what it narrows. */
export function partsOf(schema: Schema): readonly Schema[] {
  return [
    schema,
    ...(schema.$ref === undefined ? [] : partsOf(referred(schema.$ref))),
    ...(schema.allOf ?? []).flatMap(partsOf),
  ];
}

/** The schema of an event's data: of the file of its type, or of the part of `common` with this name. */
export function dataOf(type: string): Schema {
  const data = schemas.get(type)?.properties?.['data'];
  if (typeof data !== 'object') throw new Error(`${type} says nothing of its data`);
  return data;
}
