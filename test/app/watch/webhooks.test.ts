import { expect, test } from 'vitest';
import { createLogger } from '../../../src/app/log.ts';
import { systemClock } from '../../../src/app/system-clock.ts';
import { deliverWebhooks } from '../../../src/app/watch/webhooks.ts';
import { select } from '../../../src/config/selection.ts';
import { memoryStore } from '../../../src/store/memory.ts';
import { Text } from '../../support/text.ts';

test('a bug in the delivery of webhooks is logged, and does not end the watch', async () => {
  const selection = await select({ settings: {} });
  if (!selection.ok) throw new Error('no selection');
  const store = memoryStore();
  await store.write([{ space: 'webhooks/endpoints', key: 'desk', value: 'unreadable' }]);
  const stderr = new Text();
  const io = { stdout: new Text(), stderr, env: {}, signal: new AbortController().signal };
  const delivering = deliverWebhooks({
    ...{ store, selection: selection.value, clock: systemClock, log: createLogger(io, () => undefined) },
    ...{ endpoints: [], environment: {}, token: () => undefined },
    note() {
      throw new Error('a bug');
    },
  });
  await stderr.until(/webhooks are no longer sent; this is a bug: Error: a bug/);
  await expect(delivering.end()).resolves.toBeUndefined();
});
