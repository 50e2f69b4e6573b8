/**
 * One batch of one node into one slot, once. KEYS[1] = "{xau:ID:k}nodes". ARGV: node, epoch, sequence number, the instant behind which the
 * node has gone on, the latest that it believes, then the operations:
 *
 *   s HOST MEMBER LOGIN SCORE OPEN     a user as the node has them, whole; OPEN 0 or 1
 *   g HOST MEMBER AT FORGOTTEN         the account is gone; FORGOTTEN 1 where an administrator has said so
 *   d HOST MEMBER AT DISABLED          the account is disabled (1), or is no longer (0)
 *
 * The score is last seen, and in its fraction how long before that the login was (score.ts): so that ZADD GT keeps the latest, and a removal tells
 * the last logout of the account that is gone from a later account of the name, in whatever order the nodes' batches come. What was later than is
 * believed came of a clock that was wrong, and gives way to anything.
 *
 * Gives OK and the number, FENCED and its epoch where another process is the node by now, GAP where a batch before is missing.
 */
export const APPLY = `
local tag = string.match(KEYS[1], '^(.-})')
local node, epoch, seq, passed, latest = ARGV[1], ARGV[2], tonumber(ARGV[3]), tonumber(ARGV[4]), tonumber(ARGV[5])
local cur = redis.call('HMGET', KEYS[1], node .. ':e', node .. ':s', node .. ':p')
if cur[1] ~= epoch then return {'FENCED', cur[1] or ''} end
local last = tonumber(cur[2] or '0')
if seq <= last then return {'OK', last} end
if seq ~= last + 1 then return {'GAP', last} end
local before = tonumber(cur[3] or '0')
if passed > before or before > latest then redis.call('HSET', KEYS[1], node .. ':p', ARGV[4]) end
local nodes = redis.call('SMEMBERS', tag .. 'members')
local UNIT = 2097152
-- By so much clocks do not differ, and no server lets anybody in who is disabled.
local HOUR = 3600
local function loginOf(score)
  local seen = math.floor(score)
  return seen - (UNIT - 1 - (score - seen) * UNIT)
end
local function anywhere(host, m)
  for _, n in ipairs(nodes) do
    if redis.call('ZSCORE', tag .. 'on:' .. n .. ':' .. host, m) then return true end
  end
  return false
end
local function move(from, to, m)
  local score = redis.call('ZSCORE', from, m)
  if score then
    redis.call('ZREM', from, m)
    redis.call('ZADD', to, 'GT', score, m)
  end
end
local known, hasGone, hasFlag = {}, {}, {}
local i, n = 6, #ARGV
while i <= n do
  local op, host, m = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local seenK, openK, disK = tag .. 'seen:' .. host, tag .. 'open:' .. host, tag .. 'dis:' .. host
  local goneK, flagK, onK = tag .. 'gone:' .. host, tag .. 'flag:' .. host, tag .. 'on:' .. node .. ':' .. host
  if not known[host] then
    known[host] = true
    redis.call('SADD', tag .. 'hosts', host)
    hasGone[host] = redis.call('EXISTS', goneK) == 1
    hasFlag[host] = redis.call('EXISTS', flagK) == 1
  end
  if op == 's' then
    local login, score, open = tonumber(ARGV[i + 3]), ARGV[i + 4], ARGV[i + 5] == '1'
    local gone = hasGone[host] and tonumber(redis.call('ZSCORE', goneK, m) or nil)
    if gone and login <= math.floor(gone) then
      -- What another node still tells of the account that is gone.
      redis.call('ZREM', onK, m)
    else
      local flag = hasFlag[host] and tonumber(redis.call('ZSCORE', flagK, m) or nil)
      local dis = flag and flag % 1 == 0.5
      if dis and login > flag + HOUR then
        -- Whoever logs in is disabled no longer, also where nobody remembers who enabled them.
        redis.call('ZADD', flagK, login, m)
        move(disK, seenK, m)
        dis = false
      end
      local setK = dis and disK or seenK
      local old = tonumber(redis.call('ZSCORE', setK, m) or nil)
      if old and old > latest then
        redis.call('ZREM', setK, m)
        redis.call('ZADD', openK, 'XX', score, m)
      end
      redis.call('ZADD', setK, 'GT', score, m)
      if open then
        redis.call('ZADD', onK, login, m)
        if not dis then redis.call('ZADD', openK, redis.call('ZSCORE', seenK, m), m) end
      else
        if redis.call('ZREM', onK, m) == 1 and not dis and not anywhere(host, m) then redis.call('ZREM', openK, m) end
        if not dis then redis.call('ZADD', openK, 'XX', 'GT', score, m) end
      end
    end
    i = i + 6
  elseif op == 'g' then
    local at, forgotten = tonumber(ARGV[i + 3]), ARGV[i + 4] == '1'
    local score = tonumber(redis.call('ZSCORE', seenK, m) or redis.call('ZSCORE', disK, m) or nil)
    if forgotten and score then at = math.max(at, math.floor(score)) end
    hasGone[host] = true
    if redis.call('ZADD', goneK, 'GT', 'CH', at + (forgotten and 0.5 or 0), m) == 1 then
      redis.call('ZADD', tag .. 'gonelog', redis.call('HINCRBY', KEYS[1], '*g', 1), host .. '\\0' .. m)
    end
    local later
    for _, x in ipairs(nodes) do
      local xK = tag .. 'on:' .. x .. ':' .. host
      local login = tonumber(redis.call('ZSCORE', xK, m) or nil)
      if login and login <= at then redis.call('ZREM', xK, m)
      elseif login then later = math.max(later or 0, login) end
    end
    if score and loginOf(score) <= at then
      redis.call('ZREM', seenK, m)
      redis.call('ZREM', disK, m)
      redis.call('ZREM', openK, m)
      -- A later account of the name was seen last by what the one before left.
      if later then redis.call('ZADD', seenK, later + 1 - 1 / UNIT, m) end
    end
    if later == nil then redis.call('ZREM', openK, m) end
    local flag = tonumber(redis.call('ZSCORE', flagK, m) or nil)
    if flag and math.floor(flag) <= at then
      redis.call('ZREM', flagK, m)
      -- A later account of the name is not disabled.
      move(disK, seenK, m)
      flag = nil
    end
    if later and not (flag and flag % 1 == 0.5) then
      local s = redis.call('ZSCORE', seenK, m)
      if s then redis.call('ZADD', openK, s, m) end
    end
    i = i + 5
  else
    local at, dis = tonumber(ARGV[i + 3]), ARGV[i + 4] == '1'
    local seen = dis and tonumber(redis.call('ZSCORE', seenK, m) or nil)
    if seen and loginOf(seen) > at + HOUR then at, dis = math.floor(loginOf(seen)), false end
    local flag = tonumber(redis.call('ZSCORE', flagK, m) or nil)
    local gone = hasGone[host] and tonumber(redis.call('ZSCORE', goneK, m) or nil)
    if (not flag or at >= math.floor(flag)) and not (gone and at <= math.floor(gone)) then
      redis.call('ZADD', flagK, at + (dis and 0.5 or 0), m)
      hasFlag[host] = true
      if dis then
        move(seenK, disK, m)
        redis.call('ZREM', openK, m)
      else
        move(disK, seenK, m)
        if anywhere(host, m) then redis.call('ZADD', openK, redis.call('ZSCORE', seenK, m) or at, m) end
      end
    end
    i = i + 5
  end
end
redis.call('HSET', KEYS[1], node .. ':s', ARGV[3])
return {'OK', seq}
`;
