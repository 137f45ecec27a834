#!lua flags=allow-oom
-- Purpose: stamps a channel, heals what a script that died half-way left, and reads it.
-- Atomic: all keys are read and checked for their type before the first write. The streams are
--   the truth: a head that stands before its stream's last entry is moved there. What lies at or
--   below a base is trimmed. Afterwards a log holds exactly the entries after its base through
--   its head; anything else means that entries were lost, and nothing is stamped.
-- KEYS 1: {channel}:meta, hash   2: {channel}:twins, hash   3..: every {channel}:log:<origin>
-- ARGV 1: epoch   2: owner, the process's instance   3: replication id of the session (texts)
--      4..: the origins of KEYS 3.., in the same order
-- Reply: DONE, then (kind, name, value)*: 'h' origin 'ts-seq:chain' for a head, 'b' origin
--          'ts-seq:chain' for a base, 't' digest value for noted twins
--        DAMAGED, origin, what is wrong
--        FENCE, why
-- Complexity: O(origins + twins)

local meta, twins = KEYS[1], KEYS[2]
local epoch, owner, replid = ARGV[1], ARGV[2], ARGV[3]

if replicationId() ~= replid then
  return {'FENCE', 'the replication id changed'}
end
local fields = redis.call('HGETALL', meta)
local stored = {}
for i = 1, #fields, 2 do
  stored[fields[i]] = fields[i + 1]
end
if stored['#epoch'] and isNewerEpoch(stored['#epoch'], epoch) then
  return {'FENCE', 'the channel is stamped by the newer epoch ' .. stored['#epoch']}
end
local noted = redis.call('HGETALL', twins)

-- What each log holds: its length and last entry. A head without a stream has neither.
local lengths, lasts = {}, {}
for i = 3, #KEYS do
  local origin = ARGV[i + 1]
  lengths[origin] = redis.call('XLEN', KEYS[i])
  lasts[origin] = redis.call('XREVRANGE', KEYS[i], '+', '-', 'COUNT', 1)[1]
  stored['h:' .. origin] = stored['h:' .. origin] or '0-0:'
end
for i = 3, #KEYS do
  local base = parseHead(stored['b:' .. ARGV[i + 1]])
  if base.ts > 0 then
    redis.call('XTRIM', KEYS[i], 'MINID', '=', string.format('%.0f', base.ts + 1))
    lengths[ARGV[i + 1]] = redis.call('XLEN', KEYS[i])
  end
end

local healed = {'#epoch', epoch, '#owner', owner, '#replid', replid}
local reply = {'DONE'}
local function answer(kind, name, value)
  reply[#reply + 1], reply[#reply + 2], reply[#reply + 3] = kind, name, value
end
for field, value in pairs(stored) do
  local kind, origin = string.match(field, '^([hb]):(.*)$')
  if kind == 'b' then
    answer(kind, origin, value)
  elseif kind == 'h' then
    local last = lasts[origin]
    if last and parseHead(last[1] .. ':').ts > parseHead(value).ts then
      value = last[1] .. ':' .. last[2][4]
      healed[#healed + 1], healed[#healed + 2] = field, value
    end
    local head, base = parseHead(value), parseHead(stored['b:' .. origin])
    local length = lengths[origin] or 0
    if length ~= head.seq - base.seq or (length > 0 and last[1] ~= head.id) then
      return {'DAMAGED', origin, length .. ' entries after ' .. base.id .. ' through ' .. head.id}
    end
    if head.seq > 0 then
      answer(kind, origin, value)
    end
  end
end
for i = 1, #noted, 2 do
  answer('t', noted[i], noted[i + 1])
end
setFields(meta, healed)
return reply
