import * as z from 'zod';
import { asnOf, type Asn } from '../../src/bgp/asn.ts';
import { inBatches } from '../../src/lib/batches.ts';
import { parseJson } from '../../src/lib/json.ts';
import { within } from '../../src/lib/within.ts';
import type { Clock } from '../../src/ports.ts';
import { isPassing } from '../http/answer.ts';
import { fetchText } from '../http/fetch-text.ts';

/** The address of RIPE Atlas's API, and our User-Agent. */
export interface AtlasAddress {
  /** `https://atlas.ripe.net`, or a replacement. */
  readonly url: string;
  readonly userAgent: string;
}

/** What questions to RIPE Atlas need. */
export interface AtlasApi extends AtlasAddress {
  /** For deadlines. */
  readonly clock: Clock;
}

/** The answer of the API, or why there is none. `isFinal`: another try would give the same. */
export type AtlasAnswer<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly reason: string; readonly isFinal: boolean };

/** The facts about a measurement. */
export interface Measurement {
  readonly type: string;
  /** Milliseconds between two queries of one probe; `undefined`: the measurement ran once. */
  readonly everyMs: number | undefined;
  /** `Ongoing`, `Stopped`, `Failed`, … */
  readonly status: string;
}

/** The place of a probe. */
export interface ProbePlace {
  readonly country: string | undefined;
  readonly asn4: Asn | undefined;
  readonly asn6: Asn | undefined;
}

/** Most bytes of one answer, unpacked: a day of `sslcert` from 1,000 probes has about 50 MB. */
const MAX_BYTES = 64 * 2 ** 20;
const ATTEMPT_MS = 60_000;
/** Most ids in one request: more would make its URL too long. */
const MAX_IDS = 200;

const measurement = z.object({
  type: z.string(),
  interval: z.int().min(0).nullish(),
  is_oneoff: z.boolean().optional(),
  status: z.object({ name: z.string() }),
});
const asn = z
  .int()
  .nullish()
  .transform((value) => (typeof value === 'number' ? asnOf(value) : undefined));
const probes = z.object({
  results: z.array(
    z.object({
      id: z.int(),
      country_code: z
        .string()
        .regex(/^[A-Z]{2}$/)
        .nullish()
        .catch(undefined),
      asn_v4: asn,
      asn_v6: asn,
    }),
  ),
});

/** Reads a measurement: `GET /api/v2/measurements/{id}/`. */
export async function describeMeasurement(
  api: AtlasApi,
  id: number,
  signal: AbortSignal,
): Promise<AtlasAnswer<Measurement>> {
  const given = await ask(api, `/api/v2/measurements/${id}/?fields=type,interval,is_oneoff,status`, signal);
  if (!given.ok) return given;
  const parsed = measurement.safeParse(given.value);
  if (!parsed.success) return notThat('a measurement');
  const { type, interval, is_oneoff: once, status } = parsed.data;
  const everyMs = once === true || (interval ?? 0) === 0 ? undefined : (interval ?? 0) * 1000;
  return { ok: true, value: { type, everyMs, status: status.name } };
}

/** Results from this second on: `GET /api/v2/measurements/{id}/results/`. */
export async function resultsSince(
  api: AtlasApi,
  { id, start }: { readonly id: number; readonly start: number },
  signal: AbortSignal,
): Promise<AtlasAnswer<readonly unknown[]>> {
  const given = await ask(api, `/api/v2/measurements/${id}/results/?start=${start}&format=json`, signal);
  if (!given.ok) return given;
  return Array.isArray(given.value) ? { ok: true, value: given.value as unknown[] } : notThat('a list of results');
}

/** Reads the places of these probes: `GET /api/v2/probes/`. Unknown probes are left out. */
export async function placesOf(
  api: AtlasApi,
  ids: readonly number[],
  signal: AbortSignal,
): Promise<AtlasAnswer<ReadonlyMap<number, ProbePlace>>> {
  const places = new Map<number, ProbePlace>();
  for (const some of inBatches(ids, MAX_IDS)) {
    const query = `id__in=${some.join(',')}&fields=id,country_code,asn_v4,asn_v6&page_size=${MAX_IDS}`;
    const given = await ask(api, `/api/v2/probes/?${query}`, signal);
    if (!given.ok) return given;
    const parsed = probes.safeParse(given.value);
    if (!parsed.success) return notThat('a list of probes');
    for (const { id, country_code: country, asn_v4: asn4, asn_v6: asn6 } of parsed.data.results)
      places.set(id, { country: country ?? undefined, asn4, asn6 });
  }
  return { ok: true, value: places };
}

async function ask(
  { url, userAgent, clock }: AtlasApi,
  path: string,
  signal: AbortSignal,
): Promise<AtlasAnswer<unknown>> {
  const options = { maxBytes: MAX_BYTES, headers: { 'user-agent': userAgent } };
  const fetched = await within(clock, ATTEMPT_MS, signal, (limit) => fetchText(new URL(path, url), options, limit));
  if (fetched.kind === 'too-large') return { ok: false, reason: 'the answer is larger than 64 MiB', isFinal: false };
  if (fetched.kind === 'broken') return { ok: false, reason: fetched.reason, isFinal: false };
  if (fetched.status !== 200)
    return {
      ok: false,
      reason: `HTTP ${fetched.status}`,
      isFinal: fetched.status >= 400 && !isPassing(fetched.status),
    };
  const value = parseJson(fetched.text);
  return value === undefined ? { ok: false, reason: 'the answer is not JSON', isFinal: false } : { ok: true, value };
}

function notThat(what: string): AtlasAnswer<never> {
  return { ok: false, reason: `the answer is not ${what}`, isFinal: false };
}
