#!lua flags=allow-oom
-- Purpose: forgets what a log holds above a head, because entries below that are missing, so
--   that it can be appended to from there. A stream refuses ids that it once held, and Valkey 8.0
--   also to set its last id back (XSETID): so a copy of what is kept replaces it.
-- Atomic: all keys are read and checked for their type before the first write; the log is
--   replaced at once. When the script dies before the head moved, the log is found broken on open,
--   and shortened again.
-- KEYS 1: {channel}:meta, hash   2: {channel}:log:<origin>, stream
--      3: {channel}:copy:<origin>, stream, as copyLog made it
-- ARGV 1: epoch (text)           2: owner, the process's instance (text)
--      3: origin (text)          4: head that the log must have ('ts-seq')
--      5: new head ('ts-seq:chain')
-- Reply: DONE
--        COPY, to be called again after copyLog copied what lies after the base through the new head
--        MISMATCH, the log's head ('ts-seq')
--        FENCE, why
-- Complexity: O(entries), which Redis frees when the copy takes the log's place

local meta, log, copy = KEYS[1], KEYS[2], KEYS[3]
local epoch, owner, origin, expectedHead, newHead = unpack(ARGV)

-- Whether a stream holds as many entries as lie between base and head, that one last. Equal chain
-- hashes there show that all before is equal.
local function isWhole(stream, head, base)
  if redis.call('TYPE', stream).ok ~= 'stream' then
    return false
  end
  local last = redis.call('XREVRANGE', stream, '+', '-', 'COUNT', 1)[1]
  return last and last[1] == head.id and last[2][4] == head.chain
    and redis.call('XLEN', stream) == head.seq - base.seq
end

-- The largest id that a stream ever held.
local function lastIdOf(stream)
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then
      return info[i + 1]
    end
  end
end

local fence = fenceOf(meta, epoch, owner)
if fence then
  return fence
end
local head, base = boundsOf(meta, origin)
if head.id ~= expectedHead then
  return {'MISMATCH', head.id}
end
local kept = parseHead(newHead)
redis.call('XLEN', log)

if kept.ts <= base.ts then
  redis.call('UNLINK', log)
elseif not isWhole(log, kept, base) or lastIdOf(log) ~= kept.id then
  if not isWhole(copy, kept, base) then
    return {'COPY'}
  end
  redis.call('PERSIST', copy)
  redis.call('RENAME', copy, log)
end
if kept.seq == 0 then
  redis.call('HDEL', meta, 'h:' .. origin)
else
  redis.call('HSET', meta, 'h:' .. origin, newHead)
end
return {'DONE'}
