/** What is done in one slot beside `apply`. KEYS[1] = "{xau:ID:k}nodes" in all of them. */

/**
 * A process takes the node over: what another one has under way is refused from now on. ARGV: node, epoch, life, the instant behind
 * which it has gone on, the latest that it believes, members...
 * Gives the last sequence number, '' where nothing of the node can be relied on: all was lost, it is of another life of the node's index, or
 * sending all again was broken off.
 */
export const HELLO = `
local tag = string.match(KEYS[1], '^(.-})')
redis.call('HSET', KEYS[1], ARGV[1] .. ':e', ARGV[2])
redis.call('SADD', tag .. 'members', ARGV[1])
for i = 6, #ARGV do redis.call('SADD', tag .. 'members', ARGV[i]) end
-- Its clock was wrong, and what it tells from now on is earlier.
local passed = tonumber(redis.call('HGET', KEYS[1], ARGV[1] .. ':p') or '0')
if passed > tonumber(ARGV[5]) then redis.call('HSET', KEYS[1], ARGV[1] .. ':p', ARGV[4]) end
local own = redis.call('HMGET', KEYS[1], ARGV[1] .. ':l', ARGV[1] .. ':r', ARGV[1] .. ':s')
if own[1] ~= ARGV[3] or own[2] then return '' end
return own[3] or ''
`;

/**
 * Takes up to 200 open users of a node out of the named hosts: of one that is gone (ARGV: node, '', '', '', hosts..., and its numbers go, too), or
 * before all of its users are sent again (ARGV: node, epoch, sequence number, life, hosts...). Their last seen stays. Without hosts it ends the matter.
 * Gives how many of the hosts are done, -1 where another process is the node, and how many users were taken out.
 */
export const RESET = `
local tag = string.match(KEYS[1], '^(.-})')
local node, epoch = ARGV[1], ARGV[2]
if epoch ~= '' and redis.call('HGET', KEYS[1], node .. ':e') ~= epoch then return {-1, 0} end
-- Until all is sent: one that is broken off counts for nothing.
if epoch ~= '' then
  redis.call('HSET', KEYS[1], node .. ':r', 1)
  -- With what is lost the list of accounts that are gone has lost its end: it is another list, and is read from its beginning.
  redis.call('HDEL', KEYS[1], '*i')
else redis.call('HDEL', KEYS[1], node .. ':e', node .. ':s', node .. ':l', node .. ':r') end
local nodes = redis.call('SMEMBERS', tag .. 'members')
local left = 200
for at = 5, #ARGV do
  local host = ARGV[at]
  local got = redis.call('ZPOPMIN', tag .. 'on:' .. node .. ':' .. host, left)
  for i = 1, #got, 2 do
    local other = false
    for _, x in ipairs(nodes) do
      if redis.call('ZSCORE', tag .. 'on:' .. x .. ':' .. host, got[i]) then other = true break end
    end
    if not other then redis.call('ZREM', tag .. 'open:' .. host, got[i]) end
  end
  left = left - #got / 2
  if left == 0 then return {at - 5, 200} end
end
if epoch ~= '' and #ARGV == 4 then redis.call('HSET', KEYS[1], node .. ':s', ARGV[3], node .. ':l', ARGV[4]) end
return {#ARGV - 4, 200 - left}
`;

/** All of the node's users have been sent again. ARGV: node, epoch. Gives 1, or 0 where another process is the node. */
export const WHOLE = `
if redis.call('HGET', KEYS[1], ARGV[1] .. ':e') ~= ARGV[2] then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1] .. ':r')
return 1
`;

/** A process keeps others from being the node, without being it. ARGV: node, epoch. Gives the epoch that was there. */
export const CLAIM = `
local was = redis.call('HGET', KEYS[1], ARGV[1] .. ':e')
redis.call('HSET', KEYS[1], ARGV[1] .. ':e', ARGV[2])
return was or ''
`;

/** What is here may not be all: every node is to send all again. */
export const DISTRUST = `
for _, field in ipairs(redis.call('HKEYS', KEYS[1])) do
  if string.sub(field, -2) == ':s' then redis.call('HDEL', KEYS[1], field) end
end
return 1
`;

/** ARGV: node. It is no member any more. */
export const LEAVE = `
local tag = string.match(KEYS[1], '^(.-})')
redis.call('SREM', tag .. 'members', ARGV[1])
redis.call('HDEL', KEYS[1], ARGV[1] .. ':p')
return 1
`;

/**
 * ARGV: the instant, how many windows, their seconds..., then node, sequence number and epoch of each, both '' for one that did not come.
 * Gives OK and for each host its name, who is online, and who was active in each window; BEHIND and the node where what it has sent is not what
 * is here, or it is another process by now; PASSED and the node where one that did not come has told of what happened later. Who was last seen later than the instant was so by a clock that
 * was wrong; of those who are open nobody needs to know since when.
 */
export const COUNT = `
local tag = string.match(KEYS[1], '^(.-})')
local t, windows = tonumber(ARGV[1]), tonumber(ARGV[2])
local wanted, epochs = {}, {}
for i = 3 + windows, #ARGV, 3 do wanted[ARGV[i]], epochs[ARGV[i]] = ARGV[i + 1], ARGV[i + 2] end
for _, node in ipairs(redis.call('SMEMBERS', tag .. 'members')) do
  if wanted[node] == nil then wanted[node] = '' end
end
for node, seq in pairs(wanted) do
  local has = redis.call('HMGET', KEYS[1], node .. ':s', node .. ':r', node .. ':p', node .. ':e')
  if seq ~= '' and (has[1] ~= seq or has[2] or has[4] ~= epochs[node]) then return {'BEHIND', node} end
  if seq == '' and tonumber(has[3] or '0') >= t then return {'PASSED', node} end
end
local out = {'OK'}
for _, host in ipairs(redis.call('SMEMBERS', tag .. 'hosts')) do
  local seenK, openK = tag .. 'seen:' .. host, tag .. 'open:' .. host
  out[#out + 1] = host
  out[#out + 1] = redis.call('ZCARD', openK)
  local later = redis.call('ZCOUNT', openK, t + 1, '+inf')
  for i = 3, 2 + windows do
    local edge = t - tonumber(ARGV[i]) + 1
    out[#out + 1] = redis.call('ZCOUNT', seenK, edge, '(' .. t + 1) + redis.call('ZCOUNT', openK, '-inf', '(' .. edge) + later
  end
end
return out
`;

/**
 * Drops who was last seen, and what was changed, before an instant, of one host, 100 at most of each, as all others
 * wait meanwhile. ARGV: host, instant, how many of the oldest to pass over, who are online. Gives whether there may be more, and how many are to be passed over then.
 */
export const PRUNE = `
local tag = string.match(KEYS[1], '^(.-})')
local host, before, skip = ARGV[1], '(' .. ARGV[2], tonumber(ARGV[3])
local function key(name) return tag .. name .. ':' .. host end
local more = 0
local old = redis.call('ZRANGEBYSCORE', key('seen'), '-inf', before, 'LIMIT', skip, 100)
if #old == 100 then more = 1 end
for _, m in ipairs(old) do
  if redis.call('ZSCORE', key('open'), m) then skip = skip + 1 else redis.call('ZREM', key('seen'), m) end
end
for _, name in ipairs({'dis', 'flag', 'gone'}) do
  old = redis.call('ZRANGEBYSCORE', key(name), '-inf', before, 'LIMIT', 0, 100)
  if #old == 100 then more = 1 end
  for _, m in ipairs(old) do
    redis.call('ZREM', key(name), m)
    if name == 'gone' then redis.call('ZREM', tag .. 'gonelog', host .. '\\0' .. m) end
  end
end
if redis.call('EXISTS', key('seen'), key('dis'), key('flag'), key('gone')) == 0 then redis.call('SREM', tag .. 'hosts', host) end
return {more, skip}
`;

/** The hosts of the slot. */
export const HOSTS = `
return redis.call('SMEMBERS', string.match(KEYS[1], '^(.-})') .. 'hosts')
`;

/**
 * Accounts that are gone, in the order in which the union heard of them. ARGV: behind which number, an id for a list that has none.
 * Gives the list's id, then number, host, member and instant of 200 at most; the instant ends in .5 where an administrator has said so.
 */
export const GONE = `
local tag = string.match(KEYS[1], '^(.-})')
redis.call('HSETNX', KEYS[1], '*i', ARGV[2])
local out = {redis.call('HGET', KEYS[1], '*i')}
local got = redis.call('ZRANGEBYSCORE', tag .. 'gonelog', '(' .. ARGV[1], '+inf', 'WITHSCORES', 'LIMIT', 0, 200)
for i = 1, #got, 2 do
  local cut = string.find(got[i], '\\0', 1, true)
  local host, m = string.sub(got[i], 1, cut - 1), string.sub(got[i], cut + 1)
  out[#out + 1] = got[i + 1]
  out[#out + 1] = host
  out[#out + 1] = m
  out[#out + 1] = redis.call('ZSCORE', tag .. 'gone:' .. host, m) or '0'
end
return out
`;
