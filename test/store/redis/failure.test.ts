import { inspect } from 'node:util';
import { Command, ReplyError } from 'ioredis';
import { describe, expect, test } from 'vitest';
import { failureOf, RedisFailure } from '../../../src/store/redis/failure.ts';

describe('an error has the kind that says what to do', () => {
  test.each([
    ['LOADING Redis is loading the dataset in memory', 'loading'],
    ["READONLY You can't write against a read only replica.", 'readonly'],
    ['NOAUTH Authentication required.', 'noauth'],
    ['ERR Protocol error: unauthenticated multibulk length', 'noauth'],
    ['WRONGPASS invalid username-password pair or user is disabled.', 'wrongpass'],
    ["NOPERM this user has no permissions to run the 'xadd' command", 'noperm'],
    [
      "ERR The user executing the script can't run this command or subcommand script: 1f, on @user_script:70.",
      'noperm',
    ],
    ['MISCONF Errors writing to the AOF file: No space left on device', 'misconf'],
    ["OOM allow-oom flag is not set on the script, can not run it when used memory > 'maxmemory'", 'oom'],
    ['NOSCRIPT No matching script. Please use EVAL.', 'noscript'],
    ["NOGROUP No such key 'x' or consumer group 'y' in XREADGROUP with GROUP option", 'nogroup'],
    ['CLUSTERDOWN The cluster is down', 'clusterdown'],
    ['Too many Cluster redirections. Last error: ReplyError: CLUSTERDOWN Hash slot not served', 'clusterdown'],
    ['BUSY Redis is busy running a script. You can only call SCRIPT KILL or SHUTDOWN NOSAVE.', 'busy'],
    ['WRONGTYPE Operation against a key holding the wrong kind of value', 'wrongtype'],
    ['NOREPLICAS Not enough good replicas to write.', 'unconfirmed'],
    ['Command timed out', 'timeout'],
    ['Connection is closed.', 'closed'],
    ["Stream isn't writeable and enableOfflineQueue options is false", 'closed'],
    ['Cluster isn’t ready and enableOfflineQueue options is false', 'closed'],
    ['None of startup nodes is available', 'closed'],
    ['All sentinels are unreachable. Retrying from scratch after 5ms. Last error: Connection is closed.', 'closed'],
    [
      'All sentinels are unreachable. Retrying from scratch after 5ms. Last error: NOAUTH Authentication required.',
      'noauth',
    ],
    ['ERR something else altogether', 'other'],
  ])('%s', (message, kind) => {
    const failure = failureOf(new Error(message));
    expect(failure.kind).toBe(kind);
    expect(failure.message).toMatch(/^Redis: .{20}/);
  });

  test.each([
    ['ECONNREFUSED', 'connect ECONNREFUSED 127.0.0.1:1', 'closed'],
    ['ENOTFOUND', 'getaddrinfo ENOTFOUND redis.invalid', 'closed'],
    ['ETIMEDOUT', 'connect ETIMEDOUT', 'timeout'],
    ['UNABLE_TO_VERIFY_LEAF_SIGNATURE', 'unable to verify the first certificate', 'tls'],
    ['DEPTH_ZERO_SELF_SIGNED_CERT', 'self-signed certificate', 'tls'],
    ['ERR_TLS_CERT_ALTNAME_INVALID', "Hostname/IP does not match certificate's altnames", 'tls'],
    ['CERT_HAS_EXPIRED', 'certificate has expired', 'tls'],
    ['EPROTO', 'write EPROTO', 'tls'],
  ])('%s', (code, message, kind) => {
    expect(failureOf(Object.assign(new Error(message), { code })).kind).toBe(kind);
  });
});

test('a command that was not sent was not done; one that was sent and lost its reply may have been', () => {
  expect(failureOf(new Error("Stream isn't writeable and enableOfflineQueue options is false")).isUnknown).toBe(false);
  expect(failureOf(new Error('Connection is closed.')).isUnknown).toBe(true);
  expect(failureOf(new Error('OOM command not allowed')).isUnknown).toBe(false);
});

test('the error says why there is no connection, not only that there is none', () => {
  const trouble = new RedisFailure('wrongpass', '');
  expect(failureOf(new Error("Stream isn't writeable and enableOfflineQueue options is false"), trouble)).toBe(trouble);
  expect(failureOf(new Error('Connection is closed.'), trouble)).toBe(trouble);
  expect(failureOf(new Error('OOM command not allowed'), trouble).kind).toBe('oom');
});

test('a failure contains nothing of what was sent, such as a password', () => {
  const error = Object.assign(new ReplyError('WRONGPASS invalid username-password pair'), {
    command: { name: 'auth', args: ['me', 'S3CRET'] },
    cause: new Command('auth', ['me', 'S3CRET']),
  });
  const failure = failureOf(error);
  expect(inspect(failure, { depth: 10, showHidden: true })).not.toContain('S3CRET');
  expect(JSON.stringify(failure)).not.toContain('S3CRET');
});
