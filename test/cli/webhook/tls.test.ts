import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Webhook } from 'standardwebhooks';
import { expect, test } from 'vitest';
import { makeCertificates } from '../../sinks/webhook/request/certificates.ts';
import { eventsIn, hook, place, watching, type Hook } from './scene.ts';

const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;

/** An entry of the file, to loopback over TLS, with these fields as well. */
function entry(name: string, { url, port }: Hook, ...more: readonly string[]): string {
  const fields = [`name: ${name}`, `url: "${url}"`, `ports: [${port}]`, 'allow: [127.0.0.0/8]', ...more];
  return `  - { ${fields.join(', ')}, secrets: [{ env: S }] }\n`;
}

test('a watch with a file of webhooks posts over TLS, signed, in order, only to servers that its authority vouches for', async () => {
  const at = await place();
  const { good, selfSigned, authority } = makeCertificates();
  const [desk, stranger] = [await hook(undefined, good), await hook(undefined, selfSigned)];
  await writeFile(join(at.folder, 'authority.pem'), authority);
  const file = join(at.folder, 'webhooks.yaml');
  const rarely = 'filter: { types: [observer.data-loss] }';
  const entries = [
    // The path is relative to the file, not to where the program was started.
    entry('desk', desk, 'ca: authority.pem'),
    entry('stranger', stranger, 'ca: authority.pem', rarely),
    entry('usual', desk, rarely),
  ];
  await writeFile(file, `webhooks:\n${entries.join('')}`);
  const { stdout, stderr } = await watching(at, { speed: 60 }, { webhooks: file }, { S: SECRET });
  await stderr.until(/subscribed/);

  const [drilled, ...refused] = await Promise.all([
    at.run(['drill', '--hold', '0']),
    at.run(['webhook', 'test', 'stranger']),
    at.run(['webhook', 'test', 'usual']),
  ]);
  expect(drilled).toMatchObject({ status: 0, stderr: '' });
  const reported = eventsIn(stdout.text).filter(({ drill }) => drill === true);
  expect(reported.map(({ type }) => type)).toContain('country.unroutable');
  const posted = desk.posted.filter(({ event }) => event.drill === true);
  expect(posted.map(({ event }) => event)).toEqual(reported);
  for (const { id, headers, body, event } of posted) {
    expect(id).toBe(event.id);
    expect(new Webhook(SECRET).verify(body, { ...headers })).toEqual(event);
  }

  expect(refused.map(({ status }) => status)).toEqual([1, 1]);
  expect(refused[0]?.stderr).toContain('tls: DEPTH_ZERO_SELF_SIGNED_CERT');
  expect(refused[1]?.stderr).toContain('tls: UNABLE_TO_VERIFY_LEAF_SIGNATURE');
  expect(stranger.posted).toEqual([]);
});
