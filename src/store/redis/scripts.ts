import { createHash } from 'node:crypto';

/** A script that Redis runs completely or not at all. It serves no other client meanwhile. */
export interface Script {
  readonly name: string;
  readonly lua: string;
  /** The hash by which Redis knows the script once it was sent. */
  readonly sha: string;
}

/**
 * Flags of a script that writes. Redis checks them first: on a replica, or with a full disk or memory, the script does
 * not start. Once started, only an error of its own can stop it, so our scripts check the types of all keys before the
 * first write.
 */
export function script(name: string, flags: string, body: string): Script {
  const lua = `#!lua${flags === '' ? '' : ` flags=${flags}`}\n${body}`;
  return { name, lua, sha: createHash('sha1').update(lua).digest('hex') };
}

/** Fields per HSET or HDEL: Lua passes at most 8,000 values to a function, and a field with its value are two. */
const FIELDS_AT_ONCE = 3_000;

/**
 * KEYS: meta, fence, events, ids, spaces, then a hash for each space. ARGV begins with: token or '', schema.
 *
 * The replies `foreign`, `type` and `schema` name other data at our keys. Nothing is changed then.
 */
export const CHECKED = `
local meta, fence, events, ids, spaces = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]

local function misfit()
  local types = { 'hash', 'hash', 'stream', 'hash', 'set' }
  local found = {}
  for i, key in ipairs(KEYS) do
    found[i] = redis.call('TYPE', key).ok
    if found[i] ~= 'none' and found[i] ~= (types[i] or 'hash') then return { 'type', key, found[i] } end
  end
  local schema = redis.call('HGET', meta, 'schema')
  if schema then
    if schema ~= ARGV[2] then return { 'schema', schema } end
  else
    for i, key in ipairs(KEYS) do
      if found[i] ~= 'none' then return { 'foreign', key } end
    end
  end
end

local function admits(token)
  if token == '' then return true end
  local newest = redis.call('HGET', fence, 'token')
  if newest and tonumber(token) < tonumber(newest) then return false end
  if not newest or tonumber(token) > tonumber(newest) then
    redis.call('HSET', meta, 'schema', ARGV[2])
    redis.call('HSET', fence, 'token', token)
  end
  return true
end
`;

/**
 * Stores a batch; if the number is '', only other records.
 *
 * ARGV after token and schema: number, cursor, elements, '1' for whole, '1' to write something even if the batch is
 * already stored (WAIT confirms writes of this connection), channel of all events, number of spaces; for each space:
 * its name, '1' if it is the engine's, number of fields to set and to delete, fields with values, fields; then the
 * number of events; for each event: id, channel or '', JSON.
 *
 * Returns `ok`; `fenced`; `lost` with the number and cursor found; `again` if there are spaces that were not named.
 */
export const KEEP = script(
  'keep',
  '',
  `${CHECKED}
local token, number, whole = ARGV[1], ARGV[3], ARGV[6] == '1'
local obstacle = misfit()
if obstacle then return obstacle end

local parts, named, at = {}, {}, 10
for i = 1, tonumber(ARGV[9]) do
  local part = { name = ARGV[at], engine = ARGV[at + 1] == '1', key = KEYS[5 + i] }
  part.sets, part.dels = tonumber(ARGV[at + 2]), tonumber(ARGV[at + 3])
  part.at = at + 4
  at = part.at + 2 * part.sets + part.dels
  if redis.call('SISMEMBER', spaces, part.name) == 0 and redis.call('EXISTS', part.key) == 1 then
    return { 'foreign', part.key }
  end
  parts[i], named[part.name] = part, true
end
if whole then
  for _, name in ipairs(redis.call('SMEMBERS', spaces)) do
    if not named[name] then return { 'again' } end
  end
end

if not admits(token) then return { 'fenced' } end
if number ~= '' then
  local found, ours = tonumber(redis.call('HGET', meta, 'number') or '0'), tonumber(number)
  if found == ours and not whole then
    if ARGV[7] == '1' then redis.call('HSET', meta, 'number', number) end
    return { 'ok' }
  end
  if found > ours or (found + 1 < ours and not whole) then
    return { 'lost', tostring(found), redis.call('HGET', meta, 'cursor') or '' }
  end
end

redis.call('HSET', meta, 'schema', ARGV[2])
for _, part in ipairs(parts) do
  if whole and part.engine then redis.call('DEL', part.key) end
  local last = part.at + 2 * part.sets - 1
  for i = part.at, last, ${2 * FIELDS_AT_ONCE} do
    redis.call('HSET', part.key, unpack(ARGV, i, math.min(i + ${2 * FIELDS_AT_ONCE - 1}, last)))
  end
  for i = last + 1, last + part.dels, ${FIELDS_AT_ONCE} do
    redis.call('HDEL', part.key, unpack(ARGV, i, math.min(i + ${FIELDS_AT_ONCE - 1}, last + part.dels)))
  end
  if redis.call('EXISTS', part.key) == 1 then
    redis.call('SADD', spaces, part.name)
  else
    redis.call('SREM', spaces, part.name)
  end
end

for i = at + 1, at + 3 * tonumber(ARGV[at]), 3 do
  local id, channel, event = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if redis.call('HEXISTS', ids, id) == 0 then
    redis.call('HSET', ids, id, redis.call('XADD', events, '*', 'id', id, 'event', event))
    redis.call('PUBLISH', ARGV[8], event)
    if channel ~= '' then redis.call('PUBLISH', channel, event) end
  end
end
-- Last: were a right taken from us on the way, the batch would be repeated, and all of it is there once then.
if number ~= '' then redis.call('HSET', meta, 'number', number, 'cursor', ARGV[4], 'elements', ARGV[5]) end
return { 'ok' }
`,
);

/**
 * Reads everything at one moment. KEYS: meta, spaces, then a hash for each space. ARGV: for each space its name, and
 * '1' if its records are wanted. Returns `again` if there are spaces that were not named; otherwise `ok`, the fields of
 * meta, and the fields of each wanted space.
 */
export const LOAD = script(
  'load',
  'no-writes',
  `
local named = {}
for i = 1, #ARGV, 2 do named[ARGV[i]] = true end
for _, name in ipairs(redis.call('SMEMBERS', KEYS[2])) do
  if not named[name] then return { 'again' } end
end
local reply = { 'ok', redis.call('HGETALL', KEYS[1]) }
for i = 1, #ARGV, 2 do
  if ARGV[i + 1] == '1' then reply[#reply + 1] = redis.call('HGETALL', KEYS[2 + (i + 1) / 2]) end
end
return reply
`,
);

/** Flags of scripts that also run when memory is full: they free memory, or need a few bytes to renew a lease. */
export const SMALL = 'allow-oom';

/** Most events that one call trims: all other clients wait during a call. */
export const TRIMMED_AT_ONCE = 1_000;

/**
 * Trims the oldest events. KEYS: meta, events, ids, readers. ARGV: how many to keep. Returns how many were trimmed.
 *
 * An event stays if it is a reader's last one or comes after it, and if a consumer group has not received or not
 * acknowledged it. The entry id of the last trimmed event is stored, so that a reader at that event knows that it
 * missed nothing.
 */
export const TRIM = script(
  'trim',
  SMALL,
  `
local meta, events, ids, readers = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local most = math.min(redis.call('XLEN', events) - tonumber(ARGV[1]), ${TRIMMED_AT_ONCE})
if most <= 0 then return 0 end

local function parsed(entry)
  local ms, seq = string.match(entry, '^(%d+)-(%d+)$')
  return { tonumber(ms), tonumber(seq) }
end
local function before(a, b) return a[1] < b[1] or (a[1] == b[1] and a[2] < b[2]) end

local stays
local function hold(position)
  if not stays or before(position, stays) then stays = position end
end
for _, value in ipairs(redis.call('HVALS', readers)) do
  local ok, id = pcall(cjson.decode, value)
  local entry = ok and type(id) == 'string' and redis.call('HGET', ids, id)
  if not entry then return 0 end
  hold(parsed(entry))
end
for _, flat in ipairs(redis.call('XINFO', 'GROUPS', events)) do
  local group = {}
  for i = 1, #flat, 2 do group[flat[i]] = flat[i + 1] end
  local given = parsed(group['last-delivered-id'])
  hold({ given[1], given[2] + 1 })
  local pending = redis.call('XPENDING', events, group.name)
  if pending[1] > 0 then hold(parsed(pending[2])) end
end

local entries = redis.call('XRANGE', events, '-', '+', 'COUNT', most + 1)
local gone = {}
for i = 1, most do
  if stays and not before(parsed(entries[i][1]), stays) then break end
  local fields = entries[i][2]
  for f = 1, #fields, 2 do
    if fields[f] == 'id' then gone[i] = fields[f + 1] end
  end
  gone[i] = gone[i] or ''
end
if #gone == 0 then return 0 end
redis.call('HDEL', ids, unpack(gone))
if entries[#gone + 1] then
  redis.call('XTRIM', events, 'MINID', '=', entries[#gone + 1][1])
else
  redis.call('XTRIM', events, 'MAXLEN', '=', 0)
end
redis.call('HSET', meta, 'forgotten', entries[#gone][1])
return #gone
`,
);

/** Writes nothing. It only starts on a server that accepts writes. */
export const WRITABLE = script('writable', '', 'return 1');

/**
 * What is at our keys. KEYS: meta, fence, lease, events, ids, spaces. ARGV: the commands that we need, each as its
 * number of words, then the words. Returns the types of the keys, the schema or '', and the commands that this user may
 * not use.
 */
export const LOOK = script(
  'look',
  'no-writes',
  `
local types = {}
for i, key in ipairs(KEYS) do types[i] = redis.call('TYPE', key).ok end
local schema = types[1] == 'hash' and redis.call('HGET', KEYS[1], 'schema') or ''
local forbidden, at = {}, 1
while at <= #ARGV do
  local words = tonumber(ARGV[at])
  if not redis.acl_check_cmd(unpack(ARGV, at + 1, at + words)) then forbidden[#forbidden + 1] = ARGV[at + 1] end
  at = at + words + 1
end
return { types, schema, forbidden }
`,
);
