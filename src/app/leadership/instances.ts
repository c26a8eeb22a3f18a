import { z } from 'zod';
import { isoTime } from '../../bgp/time.ts';
import { parseJson } from '../../lib/json.ts';
import type { Clock, StateStore } from '../../ports.ts';

/** One running process, as it last reported itself. Times are its machine's clock, RFC 3339. */
export interface Instance {
  readonly id: string;
  readonly role: 'leader' | 'standby';
  readonly ready: boolean;
  /** Why it is not ready; absent: it is ready. */
  readonly reason?: string | undefined;
  /** It plays a recording, so its decisions are about the recording's time. */
  readonly history?: boolean | undefined;
  readonly version: string;
  readonly host: string;
  readonly pid: number;
  readonly startedAt: string;
  readonly beatAt: string;
}

/** How often each process reports itself, milliseconds. */
export const BEAT_MS = 2_000;
/** A process without a report for this long has ended, or hangs. Milliseconds. */
export const SILENT_MS = 10_000;
/** After this long without a report, its record is removed. Milliseconds. */
const FORGET_MS = 3_600_000;

const schema = z.object({
  id: z.string(),
  role: z.enum(['leader', 'standby']),
  ready: z.boolean(),
  reason: z.string().optional(),
  history: z.boolean().optional(),
  version: z.string(),
  host: z.string(),
  pid: z.number(),
  startedAt: z.string(),
  beatAt: z.string(),
});

/** The reported processes, by id. Unreadable records belong to another version, and are skipped. */
export async function readInstances(store: StateStore): Promise<readonly Instance[]> {
  const records = await store.read('instances');
  return records.flatMap(({ value }) => schema.safeParse(parseJson(value)).data ?? []);
}

/** Whether an instance has reported lately enough. */
export function isAlive({ beatAt }: Instance, wallMs: number): boolean {
  return Math.abs(wallMs - Date.parse(beatAt)) <= SILENT_MS;
}

/**
 * Writes the state of this process again and again until `signal` aborts; then removes it. Also removes records of
 * processes that ended long ago.
 */
export async function beat(
  store: StateStore,
  me: () => Omit<Instance, 'beatAt'>,
  clock: Clock,
  signal: AbortSignal,
): Promise<void> {
  while (!signal.aborted) {
    const now = clock.wallMs();
    const said: Instance = { ...me(), beatAt: isoTime(now) };
    try {
      const gone = (await readInstances(store)).filter(({ beatAt }) => now - Date.parse(beatAt) > FORGET_MS);
      await store.write([
        { space: 'instances', key: said.id, value: JSON.stringify(said) },
        ...gone.map(({ id }) => ({ space: 'instances' as const, key: id, value: undefined })),
      ]);
    } catch {
      // If the store does not answer, this report is lost. Readers of the store get no answer either.
    }
    await clock.sleep(BEAT_MS, signal);
  }
  await store.write([{ space: 'instances', key: me().id, value: undefined }]).catch(() => undefined);
}
