#!lua flags=allow-oom
-- Purpose: forgets what a log holds above a head, because entries below that are missing, so
--   that it can be appended to from there.
-- Atomic: a piece at a time; the head moves with the last piece. Until then the log is found
--   broken on open, and shortened again.
-- KEYS 1: {channel}:meta, hash   2: {channel}:log:<origin>, stream
-- ARGV 1: epoch (text)           2: owner, the process's instance (text)
--      3: origin (text)          4: head that the log must have ('ts-seq')
--      5: new head ('ts-seq:chain')
--      6: how many entries one call removes at most
-- Reply: DONE; MORE, to be called again; MISMATCH, the log's head ('ts-seq'); FENCE, why
-- Complexity: O(entries removed)

local meta, log = KEYS[1], KEYS[2]
local epoch, owner, origin, expectedHead, newHead, countMax = unpack(ARGV)

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
else
  local above = redis.call('XRANGE', log, '(' .. kept.id, '+', 'COUNT', countMax)
  for i = 1, #above do
    redis.call('XDEL', log, above[i][1])
  end
  if #above == tonumber(countMax) then
    return {'MORE'}
  end
  redis.call('XSETID', log, kept.id)
end
if kept.seq == 0 then
  redis.call('HDEL', meta, 'h:' .. origin)
else
  redis.call('HSET', meta, 'h:' .. origin, newHead)
end
return {'DONE'}
