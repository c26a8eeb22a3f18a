import type { UnroutableEvent } from './event.ts';

/**
 * Whether a stored or imported value has the envelope of an event: an id that can be signed, a place in the chain, and
 * a body. The fields of the body are not read.
 */
export function isEvent(value: unknown): value is UnroutableEvent {
  if (typeof value !== 'object' || value === null) return false;
  const { specversion, id, type, sequence, data } = value as Readonly<Record<string, unknown>>;
  return (
    specversion === '1.0' &&
    /^[\w-]{1,128}$/.test(String(id)) &&
    [type, sequence].every((text) => typeof text === 'string' && text !== '') &&
    typeof data === 'object' &&
    data !== null
  );
}
