import type { StateStore } from '../../src/ports.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { outageDay, record } from '../history/scene.ts';
import { all, round } from '../support/probes.ts';

const WEB = ['web71', 'web81', 'web91'] as const;
const KOREA = { id: 'atlas-1002', country: 'KR', asn: 4766 } as const;

/** The day of an outage on which all web servers are silent from 13:22, for us and for a probe of RIPE Atlas. */
export async function probedStore(): Promise<StateStore> {
  const day = outageDay();
  const rounds = ['13:00', '13:11'].map((at) => round(at, { ...all(WEB, 'answered'), dns15: 'answered' }));
  const later = ['13:22', '13:33', '13:44'].map((at) => round(at, { ...all(WEB, 'silent'), dns15: 'answered' }));
  const korea = round('13:45', { ...all(WEB, 'silent'), dns15: 'answered' }, KOREA as Parameters<typeof round>[2]);
  const probed = [...rounds, ...later].flat();
  const store = memoryStore();
  await record(store, [...day.elements, ...probed, ...korea]);
  return store;
}
