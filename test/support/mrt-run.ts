import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll } from 'vitest';
import type { Element } from '../../src/bgp/element.ts';
import { parsePrefix, type Prefix } from '../../src/bgp/prefix.ts';
import { pathText } from '../../src/bgp/as-path.ts';
import { planMrt, type MrtPlan, type MrtPlanOptions } from '../../streams/mrt/archive/archive.ts';
import type { MrtReport } from '../../streams/mrt/play/report.ts';
import { mrtSource, type MrtSourceOptions } from '../../streams/mrt/source.ts';

export function prefix(text: string): Prefix {
  const parsed = parsePrefix(text);
  if (parsed === undefined) throw new Error(`no prefix: ${text}`);
  return parsed;
}

/** North Korea, and a block of IPv6. */
export const WATCH: readonly Prefix[] = [prefix('175.45.176.0/22'), prefix('2001:db8:4b50::/48')];

export interface Folder {
  readonly path: string;
  /** Writes a file, creating folders, and returns its path. */
  write(name: string, bytes: Uint8Array | readonly number[]): string;
}

/** A folder that is removed after the test file. */
export function temporaryFolder(): Folder {
  const path = mkdtempSync(join(tmpdir(), 'unroutable-mrt-'));
  afterAll(() => rmSync(path, { recursive: true, force: true }));
  return {
    path,
    write(name, bytes) {
      const file = join(path, name);
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, bytes instanceof Uint8Array ? bytes : Uint8Array.from(bytes));
      return file;
    },
  };
}

export interface Played {
  readonly elements: readonly Element[];
  readonly reports: readonly MrtReport[];
}

export async function planned(options: MrtPlanOptions): Promise<MrtPlan> {
  const result = await planMrt(options);
  if (!result.ok) throw new Error(result.reason);
  return result.plan;
}

export async function play(options: MrtPlanOptions, source: Partial<MrtSourceOptions> = {}): Promise<Played> {
  const reports: MrtReport[] = [];
  const report = (entry: MrtReport): void => void reports.push(entry);
  const elements: Element[] = [];
  const plan = await planned(options);
  const mrt = mrtSource(plan, { watch: WATCH, threads: 1, report, ...source });
  for await (const element of mrt.elements(new AbortController().signal)) elements.push(element);
  return { elements, reports };
}

export function ofType<T extends MrtReport['type']>(
  reports: readonly MrtReport[],
  type: T,
): Extract<MrtReport, { type: T }>[] {
  return reports.filter((report): report is Extract<MrtReport, { type: T }> => report.type === type);
}

/** `1000.000 announcement 198.51.100.1 175.45.176.0/24 64500 131279`, without ticks. */
export function lines(elements: readonly Element[]): readonly string[] {
  return elements.filter(({ type }) => type !== 'tick').map(line);
}

export function line(element: Element): string {
  const at = (element.at / 1000).toFixed(3);
  switch (element.type) {
    case 'rib':
    case 'announcement':
      return `${at} ${element.type} ${element.peer.address} ${element.prefix.text} ${pathText(element.path)}`;
    case 'withdrawal':
      return `${at} withdrawal ${element.peer.address} ${element.prefix.text}`;
    case 'peer-state':
      return `${at} ${element.state} ${element.peer.address}`;
    case 'end-of-rib': {
      const { dump, family = 'both', peer } = element;
      const routes = dump === undefined ? '' : ` ${dump.routes.ipv4}/${dump.routes.ipv6} from ${dump.from / 1000}`;
      return `${at} end-of-rib ${peer.address} ${family}${routes}`;
    }
    case 'gap':
      return `${at} gap ${element.collector} ${element.peer?.address ?? 'all'} ${element.reason}`;
    case 'probe':
      return 'probe';
    case 'tick':
      return `${at} tick ${element.collector}`;
  }
}
