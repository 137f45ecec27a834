#!lua flags=allow-oom
-- Purpose: stamps a channel, finishes trims that died half-way, and reads what it holds.
-- Atomic: all keys are read and checked for their type before the first write. The streams are
--   the truth: a log that does not hold exactly what lies after its base through its head is
--   reported, and left as it is. Removed when its key has another type is what can be read off the
--   logs (heads, bases) and, once that is noted, what follows from them (index, twins). But a
--   channel where this very epoch wrote and that lost its stamp forgot something: nothing is stamped.
-- KEYS 1: {channel}:meta, hash   2: {channel}:twins, hash
--      3..: every {channel}:log:<origin>, then every {channel}:ocid:<roll>
-- ARGV 1: epoch   2: owner, the process's instance   3: replication id of the session (texts)
--      4: length of the dedup windows (ms)
--      5: '1' where this epoch is noted to have written (noteWritten.lua), else ''
--      6..: the origins of KEYS 3.., in the same order
-- Reply: DONE, then (kind, name, value)*: 'h' origin 'ts-seq:chain' for a head, 'b' origin
--          'ts-seq:chain' for a base, 't' digest value for noted twins, 'u' origin fault for a
--          log that is 'ahead', 'broken' or 'unreadable', 'i' '' '' when all is to be indexed
--        FENCE, why
-- Complexity: O(origins + rolls + twins)

local meta, twins = KEYS[1], KEYS[2]
local epoch, owner, replid, window, hasWritten = unpack(ARGV, 1, 5)
local removed, stored, logs, reply = {}, {}, {}, {'DONE'}
local function answer(kind, name, value)
  reply[#reply + 1], reply[#reply + 2], reply[#reply + 3] = kind, name, value
end
local function typeOf(key)
  return redis.call('TYPE', key).ok
end
-- The fields of a hash; one of another type is empty and will be removed.
local function fieldsOf(key)
  local kind = typeOf(key)
  if kind ~= 'hash' and kind ~= 'none' then
    removed[#removed + 1] = key
  end
  return kind == 'hash' and redis.call('HGETALL', key) or {}
end

if replicationId() ~= replid then
  return {'FENCE', 'the replication id changed'}
end
local fields = fieldsOf(meta)
for i = 1, #fields, 2 do
  stored[fields[i]] = fields[i + 1]
end
if stored['#epoch'] and isNewerEpoch(stored['#epoch'], epoch) then
  return {'FENCE', 'the channel is stamped by the newer epoch ' .. stored['#epoch']}
end
if hasWritten ~= '' and stored['#epoch'] ~= epoch then
  return {'FENCE', 'the channel lost what this epoch wrote there'}
end
local derived = #removed
local noted = fieldsOf(twins)
for i = 3, #KEYS do
  local origin = ARGV[i + 3]
  if not origin then
    if typeOf(KEYS[i]) ~= 'hash' and typeOf(KEYS[i]) ~= 'none' then
      removed[#removed + 1] = KEYS[i]
    end
  elseif typeOf(KEYS[i]) == 'none' then
    logs[origin] = nil
  else
    logs[origin] = KEYS[i]
    stored['h:' .. origin] = stored['h:' .. origin] or '0-0:'
  end
end
local windows = windowOf(stored['#window'], window, #removed > derived)
if windows ~= window then
  answer('i', '', '')
end

local healed = {'#epoch', epoch, '#owner', owner, '#replid', replid, '#window', windows}
for origin, key in pairs(logs) do
  local found = not stored['b:' .. origin] and stored['h:' .. origin] == '0-0:' and beginOf(key)
  if found then
    stored['b:' .. origin] = found
    healed[#healed + 1], healed[#healed + 2] = 'b:' .. origin, found
  end
end
for field, value in pairs(stored) do
  local kind, origin = string.match(field, '^([hb]):(.*)$')
  local head = kind and parseHead(value)
  if kind == 'h' then
    local fault = faultOf(logs[origin], head, parseHead(stored['b:' .. origin]))
    if fault then
      answer('u', origin, fault)
    end
  end
  if head and head.seq > 0 then
    answer(kind, origin, value)
  end
end
for i = 1, #noted, 2 do
  answer('t', noted[i], noted[i + 1])
end
if derived > 0 then
  redis.call('UNLINK', meta)
end
setFields(meta, healed)
for i = derived + 1, #removed do
  redis.call('UNLINK', removed[i])
end
return reply
