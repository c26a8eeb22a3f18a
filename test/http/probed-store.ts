import type { StateStore } from '../../src/ports.ts';
import { memoryStore } from '../../src/store/memory.ts';
import { outageDay, record } from '../history/scene.ts';
import { all, round } from '../support/probes.ts';

const WEB = ['web71', 'web81', 'web91'] as const;
const KOREA = { id: 'atlas-1002', country: 'KR', asn: 4766 } as const;

/** Every eleven minutes, up to the end of the day. */
const LATER = Array.from({ length: 14 }, (_, i) => 13 * 60 + 22 + 11 * i).map(
  (minute) => `${Math.floor(minute / 60)}:${String(minute % 60).padStart(2, '0')}`,
);

/** The day of an outage on which all web servers are silent from 13:22, for us and for a probe of RIPE Atlas. */
export async function probedStore(): Promise<StateStore> {
  const day = outageDay();
  const rounds = ['13:00', '13:11'].map((at) => round(at, { ...all(WEB, 'answered'), dns15: 'answered' }));
  const later = LATER.map((at) => round(at, { ...all(WEB, 'silent'), dns15: 'answered' }));
  const korea = round('15:55', { ...all(WEB, 'silent'), dns15: 'answered' }, KOREA as Parameters<typeof round>[2]);
  const probed = [...rounds, ...later].flat();
  const store = memoryStore();
  await record(
    store,
    [...day.elements, ...probed, ...korea].sort((a, b) => a.at - b.at),
  );
  return store;
}
