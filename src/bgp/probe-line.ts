import { asnOf } from './asn.ts';
import type { ProbeElement } from './element.ts';
import { addressText, parseAddress } from './prefix.ts';
import { PROBE_KINDS, PROBE_RESULTS, SERVICES, type ProbeTarget, type Vantage } from './probe.ts';
import type { EventTime } from './time.ts';

/**
 * What follows the time in the line of a probe. A control has no territory, our own line neither country nor AS.
 *
 *     vantage|country|ASN|territory|service|kind|address|port|name|result|ms|every ms|detail
 */
export function probeLine(element: ProbeElement): string {
  const { vantage, territory = '', service, target, result, detail, ms, everyMs } = element;
  const { kind, address, port, name } = target;
  const from = [vantage.id, vantage.country ?? '', vantage.asn ?? ''];
  return [...from, territory, service, kind, address, port, name, result, ms, everyMs, detail].join('|');
}

const VANTAGE = /^[a-z0-9][a-z0-9-]{0,31}$/;
const TERRITORY = /^(?:[A-Z0-9][A-Z0-9-]{0,31})?$/;
const NAME = /^[A-Za-z0-9._-]{0,255}$/;
const DETAIL = /^[\x20-\x7e]{0,120}$/;

/** Reads the fields that `probeLine` wrote; `undefined` when it did not. */
export function probeFrom(at: EventTime, fields: readonly string[]): ProbeElement | undefined {
  const [id = '', country = '', asn = '', territory = '', ...rest] = fields;
  const [serviceField, kind = '', address = '', port = '', name = '', resultField, ms, every, detail = ''] = rest;
  const vantage = vantageFrom(id, country, asn);
  const target = targetFrom(kind, address, port, name);
  const service = SERVICES.find((word) => word === serviceField);
  const result = PROBE_RESULTS.find((word) => word === resultField);
  const [tookMs, everyMs] = [countOf(ms), countOf(every)];
  if (fields.length !== 13 || !TERRITORY.test(territory) || !DETAIL.test(detail)) return undefined;
  if (vantage === undefined || target === undefined || service === undefined || result === undefined) return undefined;
  if (tookMs === undefined || everyMs === undefined || everyMs === 0) return undefined;
  const of = territory === '' ? undefined : territory;
  return { type: 'probe', at, vantage, territory: of, service, target, result, detail, ms: tookMs, everyMs };
}

function vantageFrom(id: string, country: string, asnField: string): Vantage | undefined {
  const number = asnField === '' ? undefined : countOf(asnField);
  const asn = number === undefined ? undefined : asnOf(number);
  const isWhole = VANTAGE.test(id) && /^(?:[A-Z]{2})?$/.test(country) && (asnField === '' || asn !== undefined);
  if (!isWhole) return undefined;
  return { id, ...(country === '' ? {} : { country }), ...(asn === undefined ? {} : { asn }) };
}

function targetFrom(kindField: string, addressField: string, portField: string, name: string): ProbeTarget | undefined {
  const kind = PROBE_KINDS.find((word) => word === kindField);
  const parsed = parseAddress(addressField);
  const port = countOf(portField);
  if (kind === undefined || parsed === undefined || port === undefined || port < 1 || port > 65_535) return undefined;
  return NAME.test(name) ? { kind, address: addressText(parsed.family, parsed.words), port, name } : undefined;
}

function countOf(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) ? Number(text) : undefined;
}
