import { expect, test } from 'vitest';
import { memoryStore } from '../../../../src/store/memory.ts';
import { openFolder } from '../../../store/embedded/folder.ts';
import { mixRun } from './mix.ts';

/** `npm run torture:webhooks` runs 10,000 of them. */
const EVENTS = 150;

const stores = {
  memory: async () => ({ store: memoryStore(), dispose: async () => undefined }),
  folder: () => openFolder(),
};

test.each(['memory', 'folder'] as const)(
  'of events to five endpoints, each with faults of its own, none is lost, and every body is signed (%s)',
  async (kind) => {
    const { store, dispose } = await stores[kind]();
    const report = await mixRun(store, { events: EVENTS, seed: 1 });
    await dispose();
    expect(report).toMatchObject({ events: EVENTS, endpoints: 5, lost: 0, unseen: 0, unverified: 0 });
    expect(report.delivered + report.dead).toBe(EVENTS * 5);
    expect(report.dead).toBeGreaterThan(0);
    // The hopeless ones took the whole schedule.
    expect(report.hours).toBeGreaterThan(75.6 * 0.9);
    expect(report.longestAttemptMs).toBeLessThanOrEqual(31_000);
  },
);
