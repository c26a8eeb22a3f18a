import { join } from 'node:path';
import type { Element, ProbeElement } from '../../src/bgp/element.ts';
import type { UnroutableEvent } from '../../src/detect/events/event.ts';
import { createEngine } from '../../src/engine.ts';
import { DEFAULT_POLICY } from '../../src/policy/policy.ts';
import { DEFAULT_VOTING } from '../../src/policy/voting-policy.ts';
import { NORTH_KOREA } from '../../src/territory/built-in.ts';
import { planMrt } from '../../streams/mrt/archive/archive.ts';
import { mrtSource } from '../../streams/mrt/source.ts';
import { INCIDENTS, recordingsOf } from './incident.ts';

/** The routes of an incident of the library. */
export async function routesOf(name: string): Promise<readonly Element[]> {
  const incident = INCIDENTS.find((one) => one.name === name);
  if (incident === undefined) throw new Error(`no incident ${name}`);
  const planned = await planMrt({ paths: recordingsOf(incident).map((file) => join(incident.folder, file)) });
  if (!planned.ok) throw new Error(planned.reason);
  const elements: Element[] = [];
  const source = mrtSource(planned.plan, { watch: NORTH_KOREA.blocks, threads: 1 });
  for await (const element of source.elements(new AbortController().signal)) elements.push(element);
  return elements;
}

/** What is decided of routes and results of probes together, each at its time. */
export function decided(routes: readonly Element[], probes: readonly ProbeElement[]): readonly UnroutableEvent[] {
  const engine = createEngine({
    territories: [{ territory: NORTH_KOREA, policy: DEFAULT_POLICY }],
    voting: DEFAULT_VOTING,
  });
  const mixed = [...routes, ...probes].sort((a, b) => a.at - b.at);
  return mixed.flatMap((element) => engine.apply(element)?.events ?? []);
}
