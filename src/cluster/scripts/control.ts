/** How the nodes agree on what is counted. KEYS[1] = "{xau:ID:c}counted" in all of them, the last instant that was counted. */

/**
 * A node says how it stands and looks how the others do. ARGV: node, its clock in milliseconds, what is to be told of it, its mark or '', the last instant that it
 * knows to be counted, the instant asked for, 1 where the node comes anew, an instant and the result that it remembers of it or '', other
 * members that it knows...
 * Gives the last instant counted, the result of the instant, who has the lease, the clock of Redis in milliseconds, then members, signs of life, marks, those
 * removed, and the result of the last instant counted where the node does not know of it.
 */
export const LOOK = `
local tag = string.match(KEYS[1], '^(.-})')
local node = ARGV[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
if ARGV[7] == '1' then redis.call('HDEL', tag .. 'removed', node) end
if redis.call('HEXISTS', tag .. 'removed', node) == 0 then
  redis.call('HSET', tag .. 'members', node, ARGV[3])
  redis.call('HSET', tag .. 'beat', node, string.format('%.0f %.0f', now, tonumber(ARGV[2]) - now))
  if ARGV[4] ~= '' then redis.call('HSET', tag .. 'marks', node, ARGV[4]) end
end
if ARGV[9] ~= '' then redis.call('HSETNX', tag .. 'results', ARGV[8], ARGV[9]) end
for i = 10, #ARGV do
  if redis.call('HEXISTS', tag .. 'removed', ARGV[i]) == 0 then redis.call('HSETNX', tag .. 'members', ARGV[i], '') end
end
-- Of a node of which nothing else is known any more, the time begins now.
for _, member in ipairs(redis.call('HKEYS', tag .. 'members')) do
  redis.call('HSETNX', tag .. 'beat', member, string.format('%.0f 0', now))
end
if tonumber(ARGV[5]) > tonumber(redis.call('GET', KEYS[1]) or '0') then redis.call('SET', KEYS[1], ARGV[5]) end
local counted = redis.call('GET', KEYS[1]) or '0'
return {
  counted,
  redis.call('HGET', tag .. 'results', ARGV[6]) or '',
  redis.call('GET', tag .. 'leader') or '',
  string.format('%.0f', now),
  redis.call('HGETALL', tag .. 'members'),
  redis.call('HGETALL', tag .. 'beat'),
  redis.call('HGETALL', tag .. 'marks'),
  redis.call('HKEYS', tag .. 'removed'),
  tonumber(counted) > tonumber(ARGV[5]) and redis.call('HGET', tag .. 'results', counted) or '',
}
`;

/**
 * Takes or renews the lease. ARGV: who, the instant, the latest that is believed, milliseconds. Gives 1; 0 where another has it or the instant has
 * been counted. One that was counted later than is believed was so by clocks that were wrong.
 */
export const LEAD = `
local tag = string.match(KEYS[1], '^(.-})')
local counted = tonumber(redis.call('GET', KEYS[1]) or '0')
if counted >= tonumber(ARGV[2]) and counted <= tonumber(ARGV[3]) then return 0 end
local leader = redis.call('GET', tag .. 'leader')
if leader and leader ~= ARGV[1] then return 0 end
redis.call('SET', tag .. 'leader', ARGV[1], 'PX', ARGV[4])
return 1
`;

/** The first result of an instant is the one. ARGV: who, the instant, the latest that is believed, the result. Gives the one, or '' where the lease is gone. */
export const RESULT = `
local tag = string.match(KEYS[1], '^(.-})')
if redis.call('GET', tag .. 'leader') ~= ARGV[1] then return '' end
local counted = tonumber(redis.call('GET', KEYS[1]) or '0')
if counted >= tonumber(ARGV[2]) and counted <= tonumber(ARGV[3]) then return '' end
redis.call('HSETNX', tag .. 'results', ARGV[2], ARGV[4])
return redis.call('HGET', tag .. 'results', ARGV[2])
`;

/** The instant has been sent, or will not be. ARGV: who, the instant, the latest that is believed, before which results are no longer kept. */
export const CONFIRM = `
local tag = string.match(KEYS[1], '^(.-})')
local counted, latest = tonumber(redis.call('GET', KEYS[1]) or '0'), tonumber(ARGV[3])
if tonumber(ARGV[2]) > counted or counted > latest then redis.call('SET', KEYS[1], ARGV[2]) end
for _, at in ipairs(redis.call('HKEYS', tag .. 'results')) do
  if tonumber(at) < tonumber(ARGV[4]) or tonumber(at) > latest then redis.call('HDEL', tag .. 'results', at) end
end
if redis.call('GET', tag .. 'leader') == ARGV[1] then redis.call('DEL', tag .. 'leader') end
return 1
`;

/** ARGV: node. Gives for how many milliseconds it gave no sign of life, '' where it is no node. */
export const SILENCE = `
local beat = redis.call('HGET', string.match(KEYS[1], '^(.-})') .. 'beat', ARGV[1])
if not beat then return '' end
local time = redis.call('TIME')
return string.format('%.0f', time[1] * 1000 + math.floor(time[2] / 1000) - tonumber(string.match(beat, '%d+')))
`;

/** A node is no more. ARGV: node, now. Gives whether it was known. */
export const REMOVE = `
local tag = string.match(KEYS[1], '^(.-})')
local known = redis.call('HDEL', tag .. 'members', ARGV[1])
redis.call('HDEL', tag .. 'beat', ARGV[1])
redis.call('HDEL', tag .. 'marks', ARGV[1])
redis.call('HSET', tag .. 'removed', ARGV[1], ARGV[2])
return known
`;
