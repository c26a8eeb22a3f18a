import { CHECKED, script, SMALL } from './scripts.ts';

/**
 * KEYS as for KEEP without spaces of records, then the lease. ARGV: '', schema, holder, milliseconds. Returns `ok` and
 * the token, or `taken`.
 *
 * A token is the larger of the time and the newest token plus one. So it is newer even than tokens that a new master,
 * or a server that lost its data, does not know. The holder of the lease keeps its token, unless a newer one has
 * written.
 */
export const ACQUIRE = script(
  'acquire',
  SMALL,
  `
local lease = table.remove(KEYS)${CHECKED}
local kind = redis.call('TYPE', lease).ok
if kind ~= 'none' and kind ~= 'string' then return { 'type', lease, kind } end
local obstacle = misfit()
if obstacle then return obstacle end

local holder, ttl = ARGV[3], ARGV[4]
local newest = tonumber(redis.call('HGET', fence, 'token') or '0')
local current = redis.call('GET', lease)
if current then
  local token, other = string.match(current, '^(%d+) (.*)$')
  if other ~= holder then return { 'taken' } end
  if tonumber(token) >= newest then
    redis.call('PEXPIRE', lease, ttl)
    return { 'ok', token }
  end
end
local now = redis.call('TIME')
local token = string.format('%.0f', math.max(newest + 1, now[1] * 1000 + math.floor(now[2] / 1000)))
redis.call('HSET', meta, 'schema', ARGV[2])
redis.call('HSET', fence, 'token', token, 'holder', holder)
redis.call('SET', lease, token .. ' ' .. holder, 'PX', ttl)
return { 'ok', token }
`,
);

/**
 * KEYS: lease, fence. ARGV: the value of the lease if it is ours, milliseconds, its token. Returns 1 if it was ours and
 * may still write.
 */
export const RENEW = script(
  'renew',
  SMALL,
  `
if redis.call('GET', KEYS[1]) ~= ARGV[1] then return 0 end
if tonumber(redis.call('HGET', KEYS[2], 'token') or '0') > tonumber(ARGV[3]) then return 0 end
return redis.call('PEXPIRE', KEYS[1], ARGV[2])
`,
);

/** KEYS: lease. ARGV: the value of the lease if it is ours. */
export const RELEASE = script(
  'release',
  SMALL,
  `
if redis.call('GET', KEYS[1]) == ARGV[1] then redis.call('DEL', KEYS[1]) end
return 1
`,
);
