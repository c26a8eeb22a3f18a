import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRedisUrl } from '../../../src/store/redis/url.ts';

function parsed(url: string) {
  const outcome = parseRedisUrl(url);
  if (!outcome.ok) throw new Error(outcome.reason);
  return outcome.address;
}

const PLAIN = { login: {}, sentinelLogin: {}, db: 0, durability: 'local', acceptsVolatile: false };

describe('a Redis URL', () => {
  test('of one server has a host, and perhaps a port, a user, a password and a database', () => {
    expect(parsed('redis://localhost')).toEqual({
      ...PLAIN,
      kind: 'single',
      nodes: [{ host: 'localhost', port: 6379 }],
      name: 'redis://localhost:6379',
    });
    expect(parsed('redis://me:p%40ss%2Fw%3Ard@10.0.0.1:7000/3')).toEqual({
      ...PLAIN,
      kind: 'single',
      nodes: [{ host: '10.0.0.1', port: 7000 }],
      login: { username: 'me', password: 'p@ss/w:rd' },
      db: 3,
      name: 'redis://10.0.0.1:7000/3',
    });
    expect(parsed('redis://:only@[::1]:7000/').login).toEqual({ password: 'only' });
    expect(parsed('redis://[2001:db8::1]').name).toBe('redis://[2001:db8::1]:6379');
  });

  test('of a Unix socket has its path, and perhaps a login and a database', () => {
    const socket = { ...PLAIN, kind: 'single', nodes: [], socket: '/run/redis/redis.sock' };
    expect(parsed('redis+unix:///run/redis/redis.sock')).toEqual({
      ...socket,
      name: 'redis+unix:///run/redis/redis.sock',
    });
    expect(parsed('valkey+unix://me:p%2Fw@/run/redis/redis.sock?db=3&volatile=accept')).toEqual({
      ...socket,
      login: { username: 'me', password: 'p/w' },
      db: 3,
      acceptsVolatile: true,
      name: 'redis+unix:///run/redis/redis.sock?db=3',
    });
    const urls = ['redis+unix://', 'redis+unix://run/redis.sock', 'redis+unix:///s?tls=yes', 'redis://h?db=3'];
    expect(urls.filter((url) => parseRedisUrl(url).ok)).toEqual([]);
  });

  test('of Valkey means what that of Redis does', () => {
    for (const rest of ['://h/2', 's://h', '-sentinel://a,b/name', 's-cluster://a,b'])
      expect(parsed(`valkey${rest}`)).toEqual(parsed(`redis${rest}`));
  });

  test('of Sentinels has several hosts and the name of the group', () => {
    expect(parsed('redis-sentinel://u:p@a:1,b,c:3/mymaster/2?sentinel-user=s&sentinel-password-file=/f')).toEqual({
      ...PLAIN,
      kind: 'sentinel',
      nodes: [
        { host: 'a', port: 1 },
        { host: 'b', port: 26_379 },
        { host: 'c', port: 3 },
      ],
      master: 'mymaster',
      db: 2,
      login: { username: 'u', password: 'p' },
      sentinelLogin: { username: 's', passwordFile: '/f' },
      name: 'redis-sentinel://a:1,b:26379,c:3/mymaster/2',
    });
  });

  test('of a cluster has several hosts', () => {
    expect(parsed('redis-cluster://a:1,b:2')).toMatchObject({ kind: 'cluster', nodes: [{ port: 1 }, { port: 2 }] });
  });

  test('says TLS by its scheme or a parameter, and names the files of it', () => {
    expect(parsed('rediss://h').tls).toEqual({});
    expect(parsed('rediss-cluster://h').tls).toEqual({});
    expect(parsed('redis-sentinel://h/m?tls=yes&ca=/a%20b.pem&servername=x').tls).toEqual({
      ca: '/a b.pem',
      servername: 'x',
    });
    expect(parsed('redis://h').tls).toBeUndefined();
    expect(parsed('redis://h?tls=yes').name).toBe('rediss://h:6379');
  });

  test('says how durable the store must be, and what may be accepted', () => {
    expect(parsed('redis://h?durability=wait&volatile=accept')).toMatchObject({
      durability: 'wait',
      acceptsVolatile: true,
    });
    expect(parsed('redis://u@h?password-file=/run/secret').login).toEqual({
      username: 'u',
      passwordFile: '/run/secret',
    });
  });

  test.each([
    ['http://h', 'must begin with'],
    ['redis:h', 'must begin with'],
    ['redis://', 'one of its hosts is not valid'],
    ['redis://h:99999', 'port 99999'],
    ['redis://h:0', 'port 0'],
    ['redis://a,b', 'one host'],
    ['redis://h/x', 'number of a database'],
    ['redis://h/1/2', 'number of a database'],
    ['redis://h/-1', 'number of a database'],
    ['redis://h/99999999999', 'number of a database'],
    ['redis-cluster://h/1', 'only database 0'],
    ['redis-sentinel://h', 'name of the group'],
    ['redis://h?tsl=yes', 'not one of ca, cert'],
    ['redis://h?tls=maybe', 'yes or no'],
    ['redis://h?map=a:1=b:2', 'is for redis-cluster://'],
    ['redis-cluster://h?map=a', 'HOST:PORT=HOST:PORT'],
    ['redis://h?tls=yes&tls=no', 'there twice'],
    ['redis://h?ca=', 'is empty'],
    ['redis://h?ca=/x', 'is for TLS'],
    ['rediss://h?tls=no', 'contradict'],
    ['rediss://h?cert=/x', 'go together'],
    ['redis://h?durability=always', 'local or wait'],
    ['redis://:p@h?password-file=/f', 'not both'],
    ['redis://u:%zz@h', 'percent-encoding'],
  ])('%s is refused, with the reason', (url, reason) => {
    const outcome = parseRedisUrl(url);
    expect(outcome.ok ? '' : outcome.reason).toContain(reason);
  });

  test('any user and password come back as they were, and are never shown', () => {
    const secret = fc.string({ unit: 'grapheme', minLength: 8, maxLength: 20 });
    fc.assert(
      fc.property(secret, secret, (username, password) => {
        const address = parsed(`redis://${encodeURIComponent(username)}:${encodeURIComponent(password)}@h`);
        expect(address.login).toEqual({ username, password });
        expect(address.name).toBe('redis://h:6379');
      }),
    );
  });

  test('whatever is written, there is an address or a reason, and the reason does not show what was written', () => {
    const odd = Array.from('ab1:/@?&=%[],.-');
    const text = fc.tuple(
      fc.constantFrom('', 'redis://', 'rediss://', 'redis-sentinel://', 'redis-cluster://'),
      fc.string({ unit: fc.constantFrom(...odd), maxLength: 30 }),
      fc.constantFrom('', 'S3CRET-PASSWORD'),
      fc.string({ unit: fc.constantFrom(...odd), maxLength: 10 }),
    );
    fc.assert(
      fc.property(text, (parts) => {
        const outcome = parseRedisUrl(parts.join(''));
        if (!outcome.ok) expect(outcome.reason).not.toContain('S3CRET');
      }),
      { numRuns: 2_000 },
    );
  });
});
