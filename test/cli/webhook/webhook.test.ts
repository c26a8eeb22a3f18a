import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { systemClock } from '../../../src/app/system-clock.ts';
import { add, place, type Place } from './scene.ts';

const SECRET = `whsec_${Buffer.alloc(32, 9).toString('base64')}`;

async function refused(at: Place, args: readonly string[], reason: RegExp, status = 2): Promise<void> {
  await mkdir(join(at.store, 'KP'), { recursive: true });
  const ran = await at.run(['webhook', ...args]);
  expect([args, ran.status, ran.stdout]).toEqual([args, status, '']);
  expect(ran.stderr).toMatch(reason);
  expect(JSON.parse((await at.run(['webhook', 'list', '--format', 'json'])).stdout)).toEqual([]);
}

describe('webhook add', () => {
  test('makes a secret in a file for its owner alone, says where it is, and never what it is', async () => {
    const at = await place();
    const ran = await add(at, 'https://hooks.example.org/T0/very-secret-path?key=1', ['93.184.216.34']);
    expect(ran).toMatchObject({ status: 0, stderr: '' });
    const file = /the file (\S+)/.exec(ran.stdout)?.[1] ?? '';
    expect(file.startsWith(join(at.store, 'KP', 'webhook-secrets', 'desk-'))).toBe(true);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700);
    expect(await readFile(file, 'utf8')).toMatch(/^whsec_[A-Za-z0-9+/]{43}=\n$/);
    expect(ran.stdout).toContain('https://hooks.example.org/…');
    for (const secret of ['very-secret-path', 'key=1', (await readFile(file, 'utf8')).slice(6, 20)]) {
      expect(ran.stdout).not.toContain(secret);
      for (const format of ['text', 'json']) {
        expect((await at.run(['webhook', 'list', '--format', format])).stdout).not.toContain(secret);
      }
    }
  });

  test.each([
    ['private', ['10.0.0.1']],
    ['loopback', ['127.0.0.1']],
    ['metadata', ['169.254.169.254']],
    ['mapped', ['::ffff:192.168.1.1']],
    ['a private address among public ones', ['93.184.216.34', '192.168.1.1']],
  ])('refuses a name that leads into a network of ours: %s', async (_, addresses) => {
    const at = await place();
    const ran = await add(at, 'https://hooks.example.org/', addresses);
    expect(ran).toMatchObject({ status: 2, stdout: '' });
    expect(ran.stderr).toContain('(--allow opens a network of your own, in YAML allow)');
    // The secret that was made for it is gone again, wherever it was.
    expect(await readdir(join(at.store, 'KP', 'webhook-secrets'))).toEqual([]);
    const secretFile = join(at.folder, 'own');
    expect((await add(at, 'https://hooks.example.org/', addresses, { secretFile })).status).toBe(2);
    await expect(stat(secretFile)).rejects.toThrow('ENOENT');
  });

  test('what cannot be a webhook makes no store', async () => {
    const at = await place();
    expect((await at.run(['webhook', 'add', 'desk', 'hooks.example.org'])).status).toBe(2);
    expect((await at.run(['webhook', 'list'])).stderr).toContain('nothing is stored there');
  });

  test('a network that is allowed is not refused; a name that does not resolve now is a warning', async () => {
    const at = await place();
    expect(await add(at, 'https://intranet/', ['10.1.2.3'], { allow: ['10.1.0.0/16'] })).toMatchObject({ status: 0 });
    const away = Object.assign(new Error('no'), { code: 'ENOTFOUND' });
    const ran = await add(at, 'https://intranet/', away, { replace: true });
    expect(ran.status).toBe(0);
    expect(ran.stderr).toContain('warning: webhook desk: url: the name intranet cannot be resolved: ENOTFOUND');
  });

  test.each([
    [['add', 'desk', 'http://example.org/'], /desk: url: is http: --http allows that/],
    [['add', 'desk', 'https://127.0.0.1/'], /127\.0\.0\.1 is a loopback address \(--allow opens a network of your own/],
    [['add', 'desk', 'https://0.0.0.0/'], /0\.0\.0\.0 is an unspecified address\n/],
    [['add', 'desk', 'https://example.org:9000/'], /port 9000; allowed are 443, 8443 \(--port allows others/],
    [['add', 'desk', 'https://u:p@example.org/'], /user name or a password/],
    [['add', 'desk', 'https://127.0.0.1/'], /loopback/],
    [['add', 'desk', 'https://[::ffff:7f00:1]/'], /127\.0\.0\.1|mapped|loopback/],
    [['add', 'desk', 'nonsense'], /is not a URL/],
    [['add', 'Desk!', 'https://example.org/'], /is not a name/],
    [['add', 'desk', 'https://example.org/', '--type', 'country.gone'], /desk: --type: is not a type of event/],
    [
      ['add', 'desk', 'https://example.org/', '--template', 'fax'],
      /desk: --template: is not one of cloudevent.* telegram, pagerduty/,
    ],
    [['add', 'desk', 'https://example.org/', '--template', 'telegram'], /desk: --chat: is missing/],
    [['add', 'desk', 'https://example.org/', '--template', 'telegram', '--chat', 'a b'], /desk: --chat: is not a chat/],
    [['add', 'desk', 'https://example.org/', '--chat', '5'], /--chat: only --template telegram has one/],
    [['add', 'desk', 'https://example.org/', '--template', 'pagerduty'], /desk: --routing-key: is missing/],
    [
      ['add', 'desk', 'https://example.org/', '--template', 'pagerduty', '--routing-key', 'abc'],
      /desk: --routing-key: does not say where a secret is stored: file:PATH or env:NAME/,
    ],
    [
      ['add', 'desk', 'https://example.org/', '--routing-key', 'env:A'],
      /--routing-key: only --template pagerduty has one/,
    ],
    [['add', 'desk', 'https://example.org/', '--min-severity', 'bad'], /desk: --min-severity: is not one of info/],
    [['add', 'desk', 'https://example.org/', '--header', 'no colon'], /--header: it must be/],
    [
      ['add', 'desk', 'https://example.org/', '--header', 'Authorization: Bearer abc'],
      /desk: --header Authorization: may hold a secret: say where it is stored, file:PATH or env:NAME/,
    ],
    [['add', 'desk', 'https://example.org/', '--method', 'GET'], /desk: --method: is not one of POST/],
    [['add', 'desk', 'https://example.org/', '--allow', '10.0.0.1/8'], /desk: --allow: is not a network/],
    [['add', 'desk', 'https://example.org/', '--concurrency', '17'], /desk: --concurrency: is above 16/],
    [
      ['add', 'desk', 'https://example.org/', '--ca', '/no/such/file'],
      /desk: --ca: \/no\/such\/file holds no certificate/,
    ],
    [['add', 'desk', 'https://example.org/', '--secret-env', '1X'], /--secret-env: is not a name of a variable/],
    [['add', 'desk', 'https://example.org/', '--secret-file', 'a', '--secret-env', 'B'], /one of them/],
    [['add', 'desk', 'file:/no/such/file'], /url: the file \/no\/such\/file cannot be read: ENOENT/],
    [['test', 'desk'], /there is no webhook of this name \(there are none\)/],
    [['redeliver', 'desk'], /name an event, or --dead, or --since ID/],
    [['list', '--store', 'none'], /--store none/],
  ])('refuses what cannot be meant: %j', async (args, reason) => {
    await refused(await place(), args, reason);
  });

  test('a header that holds a secret is not shown by the refusal', async () => {
    const ran = await (
      await place()
    ).run(['webhook', 'add', 'desk', 'https://example.org/', '--header', 'X-Api-Key: hunter2']);
    expect(ran.status).toBe(2);
    expect(ran.stderr).not.toContain('hunter2');
  });

  test('a given secret file is used as it is, or made; a file that is not a secret is refused', async () => {
    const at = await place();
    const file = join(at.folder, 'own');
    const first = await add(at, 'https://example.org/', ['93.184.216.34'], { secretFile: file });
    expect(first.stdout).toContain('generated now');
    const text = await readFile(file, 'utf8');
    const second = await add(at, 'https://example.org/', ['93.184.216.34'], { secretFile: file, replace: true });
    expect(second.stdout).not.toContain('generated now');
    expect(await readFile(file, 'utf8')).toBe(text);
    await writeFile(file, 'hunter2\n');
    const third = await add(at, 'https://example.org/', ['93.184.216.34'], { secretFile: file, replace: true });
    expect(third).toMatchObject({ status: 2, stdout: '' });
    expect(third.stderr).toContain('webhook desk: the secret: begins neither');
    expect(third.stderr).not.toContain('hunter2');
  });

  test('a variable that is not set here is a warning: it counts where watch runs', async () => {
    const at = await place();
    const ran = await at.run(['webhook', 'add', 'desk', 'env:DESK_URL', '--secret-env', 'DESK_SECRET']);
    expect(ran.status).toBe(0);
    expect(ran.stderr).toMatch(/DESK_URL is not set here/);
    expect(ran.stderr).toMatch(/DESK_SECRET is not set here/);
  });

  test('one of a name is added once; --replace changes it and keeps its secret', async () => {
    const at = await place();
    const first = await add(at, 'https://example.org/', ['93.184.216.34']);
    expect(await add(at, 'https://example.org/', ['93.184.216.34'])).toMatchObject({ status: 2 });
    const second = await add(at, 'https://example.net/', ['93.184.216.34'], { replace: true, minSeverity: 'warning' });
    expect(second.stdout).toContain('changed');
    expect(second.stdout).toContain('all events, from warning on');
    expect(/the file (\S+)/.exec(second.stdout)?.[1]).toBe(/the file (\S+)/.exec(first.stdout)?.[1]);
  });

  test('a chat gets no secret, and by default the events for people', async () => {
    const ran = await add(await place(), 'https://hooks.slack.com/x', ['93.184.216.34'], { template: 'slack' });
    expect(ran.stdout).toContain('secret     none: it is not signed');
    expect(ran.stdout).toContain(
      'country.*, incident.closed, observer.blind, observer.restored and observer.data-loss',
    );
  });
});

test('a store of a newer version, or a folder of something else, is refused and left alone', async () => {
  const at = await place();
  await mkdir(join(at.store, 'KP'), { recursive: true });
  await writeFile(join(at.store, 'KP', 'precious.txt'), 'precious');
  expect(await at.run(['webhook', 'list'])).toMatchObject({ status: 69, stdout: '' });
  expect(await readdir(join(at.store, 'KP'))).toEqual(['precious.txt']);
});

describe('a file of webhooks that cannot be used ends the start with 78 and names the place', () => {
  test.each([
    [
      'webhooks:\n  - name: desk\n    url: http://example.org/\n',
      /:3:10: webhook desk: url: is http: .*in YAML http: true/,
    ],
    ['webhooks:\n  - name: desk\n    urls: https://example.org/\n', /:3:5: webhook desk: urls: is not known/],
    [
      'webhooks:\n  - name: desk\n    url: https://10.0.0.1/\n',
      /:3:10: webhook desk: url: 10\.0\.0\.1 is a private address/,
    ],
    [
      'webhooks:\n  - name: a\n    url: https://example.org/\n  - name: a\n    url: https://example.org/\n',
      /:4:11: webhook a: name: is here twice/,
    ],
    [
      'webhooks:\n  - name: desk\n    url: https://example.org/\n    template: fax\n',
      /:4:15: webhook desk: template: is not one of cloudevent/,
    ],
    [
      'webhooks:\n  - name: desk\n    url: https://example.org/\n    template: { preset: telegram, chat: -5 }\n',
      /:4:41: webhook desk: template\.chat: must be text \(in quotes/,
    ],
    ['webhooks: 3\n', /:1:11: webhooks is the number 3, it must be a list/],
    ['hooks: []\n', /:1:1: hooks is not known/],
    ['- name: desk\n', /:1:1: the file is a list, it must be a map/],
    ['webhooks: [\n', /webhooks\.yaml:\d+:\d+: /],
    [
      'webhooks:\n  - name: desk\n    url: { env: NOT_SET }\n',
      /webhook desk: url: the environment variable NOT_SET is not set/,
    ],
    [
      'webhooks:\n  - name: desk\n    url: https://example.org/\n    secrets: [{ file: gone }]\n',
      /secrets\[0\]: the file \S+\/gone cannot be read: ENOENT/,
    ],
  ])('%j', async (text, reason) => {
    const at = await place();
    const file = join(at.folder, 'webhooks.yaml');
    await writeFile(file, text);
    const ran = await at.run(['watch', '--webhooks', file, '--url', 'ws://127.0.0.1:9/', '--seed', 'none']);
    expect(ran.status).toBe(78);
    expect(ran.stderr).toMatch(reason);
    await expect(stat(at.store)).rejects.toThrow('ENOENT');
  });

  test('a name that a command added is in it as well', async () => {
    const at = await place();
    await at.run(['webhook', 'add', 'desk', 'env:URL', '--secret-env', 'S']);
    const file = join(at.folder, 'webhooks.yaml');
    await writeFile(file, 'webhooks:\n  - name: desk\n    url: https://example.org/\n    secrets: [{ env: S }]\n');
    const args = ['watch', '--webhooks', file, '--url', 'ws://127.0.0.1:9/', '--seed', 'none'];
    const ran = await at.run(args, { S: SECRET });
    expect(ran.status).toBe(78);
    expect(ran.stderr).toContain('`webhook add` has added one of this name');
  });

  test('a file that is not there', async () => {
    const at = await place();
    expect(await at.run(['watch', '--webhooks', join(at.folder, 'gone.yaml')])).toMatchObject({
      status: 78,
      stderr: `unroutable: ${join(at.folder, 'gone.yaml')}: there is no such file\n`,
    });
  });
});

test('an endpoint that cannot be read is named, and hides none of the others', async () => {
  const at = await place();
  await at.run(['webhook', 'add', 'desk', 'env:URL', '--secret-env', 'S']);
  const { openEmbedded } = await import('../../../src/store/embedded/open.ts');
  const opened = await openEmbedded(join(at.store, 'KP'), { name: 'KP', clock: systemClock });
  if (!opened.ok) throw new Error(opened.reason);
  await opened.store.write([{ space: 'webhooks/endpoints', key: 'odd', value: '{"x":"hunter2"}' }]);
  await opened.store.close();
  const ran = await at.run(['webhook', 'list']);
  expect(ran.status).toBe(0);
  expect(ran.stdout).toContain('1 webhook');
  expect(ran.stderr).toContain('webhooks/endpoints odd');
  expect(ran.stderr).not.toContain('hunter2');
});
