import * as z from 'zod';
import { addressText, parseAddress } from '../../src/bgp/prefix.ts';
import type { ProbeKind, ProbeTarget } from '../../src/bgp/probe.ts';
import { eventTimeOf, type EventTime } from '../../src/bgp/time.ts';
import { evaluateAnswer } from '../probe/dns.ts';
import { found, type Finding } from '../probe/finding.ts';

/** The type of measurement for a kind of target; kinds that are not here have none. */
export const ATLAS_TYPES: Readonly<Partial<Record<ProbeKind, string>>> = {
  'dns-soa': 'dns',
  tls: 'sslcert',
  'http-head': 'http',
};

/** What one probe found at a target. */
export interface AtlasResult {
  readonly probe: number;
  /** By the clock of the probe. */
  readonly at: EventTime;
  readonly finding: Finding;
  readonly ms: number;
}

/** A result that says nothing about the target, and why: from a closed list, and what shows it. */
export interface Unusable {
  readonly reason: string;
  readonly sample?: string;
}

const ms = z.number().min(0).max(3_600_000).optional().catch(undefined);
const text = z.string().optional().catch(undefined);

/** https://atlas.ripe.net/docs/apis/result-format/, of all versions: what is used here has not changed since firmware 4400. */
const common = z.object({ type: z.string(), prb_id: z.int().min(1), timestamp: z.int().min(0), dst_addr: text });

const dnsAnswer = z.object({
  dst_addr: text,
  result: z.object({ abuf: text, rt: ms }).optional(),
  error: z.record(z.string(), z.unknown()).optional(),
});
const dns = dnsAnswer.extend({ resultset: z.array(dnsAnswer).max(100).optional() });
const sslcert = z.object({
  cert: z.array(z.unknown()).optional(),
  alert: z.object({ description: z.number() }).optional(),
  err: text,
  ver: text,
  ttc: ms,
  rt: ms,
});
const httpAnswer = z.object({ dst_addr: text, res: z.int().optional(), err: text, ttc: ms, rt: ms });
const http = z.object({ result: z.array(httpAnswer).min(1).max(100) });

/** Reads one result of a measurement of this target. Never throws. */
export function readResult(value: unknown, target: ProbeTarget): AtlasResult | Unusable {
  const head = common.safeParse(value);
  if (!head.success) return { reason: 'it is not a result of a measurement' };
  const { type, prb_id, timestamp } = head.data;
  if (type !== ATLAS_TYPES[target.kind]) return { reason: 'it is of another type', sample: type };
  const at = eventTimeOf(timestamp * 1000);
  if (at === undefined) return { reason: 'its time is none' };
  const read = READERS[type]?.(value, target);
  if (read === undefined) return { reason: `its form is not that of ${type}` };
  if ('reason' in read) return read;
  const { address, finding } = read;
  const asked = parseAddress(address ?? head.data.dst_addr ?? '');
  if (asked === undefined) return { reason: 'it names no address that was asked' };
  const asText = addressText(asked.family, asked.words);
  if (asText !== target.address) return { reason: 'it asked another address', sample: asText };
  return { probe: prb_id, at, finding, ms: Math.round(read.ms ?? 0) };
}

interface Read {
  readonly address: string | undefined;
  readonly finding: Finding;
  readonly ms: number | undefined;
}

type ResultReader = (value: unknown, target: ProbeTarget) => Read | Unusable | undefined;

const READERS: Readonly<Record<string, ResultReader>> = { dns: readDns, sslcert: readTls, http: readHttp };

function readDns(value: unknown, { name, address }: ProbeTarget): Read | undefined {
  const parsed = dns.safeParse(value);
  if (!parsed.success) return undefined;
  const { resultset, ...alone } = parsed.data;
  // A probe that asks several resolvers returns a set; one of them may be our target.
  const one = resultset?.find(({ dst_addr }) => dst_addr === address) ?? resultset?.[0] ?? alone;
  const { abuf, rt } = one.result ?? {};
  if (abuf !== undefined) {
    const finding = evaluateAnswer(Buffer.from(abuf, 'base64'), name) ?? found('odd', 'an answer to another question');
    return { address: one.dst_addr, finding, ms: rt };
  }
  if (one.result !== undefined) return { address: one.dst_addr, finding: found('answered', 'an answer'), ms: rt };
  if (one.error === undefined) return undefined;
  return { address: one.dst_addr, finding: findingOfError(Object.entries(one.error).flat().join(' '), false), ms: rt };
}

function readTls(value: unknown): Read | undefined {
  const parsed = sslcert.safeParse(value);
  if (!parsed.success) return undefined;
  const { cert, alert, err, ver, ttc, rt } = parsed.data;
  const of = (finding: Finding): Read => ({ address: undefined, finding, ms: rt ?? ttc });
  if (cert !== undefined && cert.length > 0) return of(found('answered', `TLS ${ver ?? ''}`.trim()));
  if (alert !== undefined) return of(found('odd', `connected; TLS alert ${alert.description}`));
  return err === undefined ? undefined : of(findingOfError(err, ttc !== undefined));
}

function readHttp(value: unknown, { address }: ProbeTarget): Read | undefined {
  const parsed = http.safeParse(value);
  if (!parsed.success) return undefined;
  const all = parsed.data.result;
  const { dst_addr, res, err, ttc, rt } = all.find((one) => one.dst_addr === address) ?? all[0] ?? {};
  const of = (finding: Finding): Read => ({ address: dst_addr, finding, ms: rt ?? ttc });
  if (res !== undefined) return of(found('answered', `HTTP ${res}`));
  return err === undefined ? undefined : of(findingOfError(err, ttc !== undefined));
}

/**
 * What the text of a probe's error says about the target.
 *
 * @param isConnected whether the target had accepted the connection.
 */
function findingOfError(words: string, isConnected: boolean): Finding {
  if (isConnected || /reading|writing/i.test(words)) return found('odd', `connected; ${words}`);
  if (/refused|reset by peer/i.test(words)) return found('refused', words);
  if (/no route|unreachable|host is down/i.test(words)) return found('no-route', words);
  if (/time[ -]?out|timed out/i.test(words)) return found('silent', words);
  return { result: undefined, failure: words };
}
