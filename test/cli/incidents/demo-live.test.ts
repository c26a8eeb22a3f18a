import { onTestFinished, test, expect } from 'vitest';
import { createProgram } from '../../../src/cli/program.ts';
import { until } from '../../support/clock.ts';
import { Text } from '../../support/text.ts';

function started(args: readonly string[]) {
  const [stdout, stderr] = [new Text(), new Text()];
  const stop = new AbortController();
  let status: number | undefined;
  const done = createProgram({ stdout, stderr, env: {}, signal: stop.signal }, (end) => (status = end)).parseAsync([
    'node',
    'unroutable',
    ...args,
  ]);
  const end = async () => {
    stop.abort();
    await done;
    return status;
  };
  onTestFinished(async () => void (await end()));
  return { stdout, stderr, end, done, status: () => status };
}

test('`demo --live --http` prints an address, and the page there shows the time that is played as the present', async () => {
  const { stderr, end } = started(['demo', '--live', '--http', '0']);
  const address = await stderr.until(/http:\/\/127\.0\.0\.1:\d+\//);
  let verdicts: { sentence: string; isPast: boolean; verdict: string; asOf?: string }[] = [];
  const ask = async (): Promise<void> => {
    const answer = await fetch(`${address}api/v1/verdict`);
    ({ verdicts } = (await answer.json()) as { verdicts: typeof verdicts });
  };
  for (let tries = 0; verdicts[0]?.verdict !== 'routable' && tries < 200; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 50));
    await ask();
  }
  expect(verdicts[0]?.sentence).toMatch(/^North Korea has been routable since 2014-12-21/);
  expect(verdicts[0]?.isPast).toBe(false);
  expect((await fetch(`${address}readyz`)).status).toBe(200);
  // It stores nothing, so it needs no lease to lead: the alert on a missing leader must not fire.
  expect(await (await fetch(`${address}metrics`)).text()).toMatch(/^unroutable_leaders 1$/m);
  expect(await end()).toBe(0);
});

test('`demo --http` without --live has nothing to serve, and says so', async () => {
  const { stderr, status } = started(['demo', '--http', '4680']);
  await until(() => status() !== undefined);
  expect([status(), stderr.text]).toEqual([2, 'unroutable: --http: it needs --live\n']);
});
