import { afterEach, describe, expect, test } from 'vitest';
import { closeAll, outcomeText } from './servers.ts';
import { hasPostfix, programOf, startNginx, startNsd, startPostfix } from './real-servers.ts';

afterEach(closeAll);

const HOSTS = ['127.45.176.15', '127.45.176.16'] as const;

describe.skipIf(programOf('nsd') === undefined)('NSD', () => {
  test('has the zone: answered; another zone: refused; stopped: silent; ended: refused', async () => {
    const server = await startNsd(HOSTS);
    const [target = expect.fail(), second = expect.fail()] = server.targets;
    expect(await outcomeText(target)).toBe('answered: NOERROR, authoritative');
    expect(await outcomeText({ ...target, name: 'example.' })).toBe('refused: REFUSED');
    await server.silence();
    expect(await outcomeText(second, 300)).toBe('silent: no answer');
    await server.resume();
    expect(await outcomeText(second)).toBe('answered: NOERROR, authoritative');
    await server.end();
    expect(await outcomeText(target)).toBe('refused: ECONNREFUSED');
  });
});

describe.skipIf(programOf('nginx') === undefined)('nginx', () => {
  test('answers HEAD; stopped with a full queue: silent; ended: refused', async () => {
    const server = await startNginx(['127.45.176.71']);
    const [target = expect.fail()] = server.targets;
    expect(await outcomeText(target)).toBe('answered: HTTP 200');
    await server.silence();
    expect(await outcomeText(target, 300)).toMatch(/^silent/);
    await server.resume();
    expect(await outcomeText(target)).toBe('answered: HTTP 200');
    await server.end();
    expect(await outcomeText(target)).toBe('refused: ECONNREFUSED');
  });
});

describe.skipIf(!hasPostfix)('Postfix', () => {
  test('greets: answered; ended: refused', async () => {
    const server = await startPostfix('127.45.176.25');
    const [target = expect.fail()] = server.targets;
    expect(await outcomeText(target)).toBe('answered: 220 mail.example.kp ESMTP Postfix');
    await server.end();
    expect(await outcomeText(target)).toBe('refused: ECONNREFUSED');
  });
});
