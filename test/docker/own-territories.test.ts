import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { hook, place, watching } from '../cli/webhook/scene.ts';
import { ROOT } from '../support/cli.ts';
import { readCompose, type Service } from './compose.ts';
import { DOCKERFILE, environmentOf, stagesOf } from './dockerfile.ts';

const { analyzer } = readCompose().services as Record<'analyzer', Service>;
const file = join(ROOT, 'deploy/docker-compose.webhooks.yml');
const override = parse(readFileSync(file, 'utf8')) as {
  services: { analyzer: { command: string[]; secrets: string[] } };
};

const OWN = `territories:
  - id: XK
    name: North Korea, by another name
    blocks: [175.45.176.0/22]
    origins: [131279]
`;

test('28: the image and compose name the watch for all commands', () => {
  expect(environmentOf(stagesOf(DOCKERFILE).at(-1)!)).toMatchObject({ UNROUTABLE_NAME: 'watch' });
  expect(analyzer.environment).toMatchObject({ UNROUTABLE_NAME: expect.stringContaining('watch') as string });
});

test('28: the health check is good for territories of one’s own, with webhooks and secrets as compose mounts them, and no home', async () => {
  const at = await place();
  const desk = await hook();
  const mounted = (path: string): string =>
    path.replace('/etc/unroutable', at.folder).replace('/run/secrets', at.folder);
  const { command, secrets } = override.services.analyzer;
  expect(command[0]).toBe('watch');
  const [webhooks = '', territories = ''] = ['--webhooks', '--territories'].map((option) =>
    mounted(command[command.indexOf(option) + 1] ?? ''),
  );
  await writeFile(territories, OWN);
  await writeFile(mounted(`/run/secrets/${secrets[0]}`), `whsec_${Buffer.alloc(32, 7).toString('base64')}\n`, {
    mode: 0o400,
  });
  const entry = { name: 'desk', url: desk.url, http: true, ports: [desk.port], allow: ['127.0.0.0/8'] };
  const document = { webhooks: [{ ...entry, secrets: [{ file: mounted(`/run/secrets/${secrets[0]}`) }] }] };
  await writeFile(webhooks, JSON.stringify(document));

  const env = { UNROUTABLE_NAME: 'watch', HOME: '/nonexistent' };
  const { stderr } = await watching(at, { speed: 60 }, { settings: {}, territories, webhooks }, env);
  await stderr.until(/subscribed/);
  const [, ...check] = (analyzer.healthcheck?.test ?? []).slice(1);
  expect(check).toEqual(['status', '--ready']);
  let ready = await at.run(check, env);
  for (let tries = 0; ready.status !== 0 && tries < 100; tries++) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    ready = await at.run(check, env);
  }
  expect(ready).toMatchObject({ status: 0, stderr: '' });

  const drilled = await at.run(['drill', '--hold', '0', '--territories', territories], env);
  expect(drilled).toMatchObject({ status: 0, stderr: '' });
  expect(desk.posted.length).toBe(13);
  // Without the name, another watch is asked for, which is not there.
  expect((await at.run(check, { HOME: '/nonexistent' })).status).toBe(1);
});
