import { inYaml, type Spelling } from '../../sinks/webhook/request/spelling.ts';

const OPTIONS: Readonly<Record<string, string>> = {
  'filter.types': '--type',
  'filter.territories': '--territory',
  'filter.minSeverity': '--min-severity',
  template: '--template',
  'template.chat': '--chat',
  'template.routingKey': '--routing-key',
  method: '--method',
  concurrency: '--concurrency',
  http: '--http',
  ports: '--port',
  allow: '--allow',
  ca: '--ca',
  // The second of two secrets is the one being replaced.
  'secrets[0]': 'the secret',
  'secrets[1]': 'the old secret',
};

/**
 * The spelling of an endpoint's field in `webhook add`: `--type`, `--header x-a`. The name and the URL are arguments.
 */
export const inOptions: Spelling = (path) => {
  const [first, second] = path;
  if (first === 'headers' && second !== undefined) return `--header ${String(second).slice(0, 80)}`;
  return OPTIONS[inYaml(path)] ?? OPTIONS[inYaml(path.filter((part) => typeof part === 'string'))] ?? inYaml(path);
};
