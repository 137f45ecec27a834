#!lua flags=allow-oom
-- Purpose: moves a log's head and base forward over entries that are dead.
-- Atomic: all keys are read and checked before the first write; a trim that was left undone is
--   done on open.
-- KEYS 1: {channel}:meta, hash   2: {channel}:log:<origin>, stream
-- ARGV 1: epoch (text)           2: owner, the process's instance (text)
--      3: origin (text)          4: head that the log must have ('ts-seq')
--      5: new head and base ('ts-seq:chain')
--      6: smallest ts above it (µs)
-- Reply: DONE; MISMATCH, the log's head or last entry ('ts-seq'); FENCE, why
-- Complexity: O(entries removed)

local meta, log = KEYS[1], KEYS[2]
local epoch, owner, origin, expectedHead, gapEnd, keptTs = unpack(ARGV)

local fence = fenceOf(meta, epoch, owner)
if fence then
  return fence
end
local head, base = boundsOf(meta, origin)
local mismatch = mismatchOf(log, head, base, expectedHead)
if mismatch then
  return mismatch
end

redis.call('HSET', meta, 'h:' .. origin, gapEnd, 'b:' .. origin, gapEnd)
redis.call('XTRIM', log, 'MINID', '=', keptTs)
if redis.call('XLEN', log) == 0 then
  redis.call('UNLINK', log)
end
return {'DONE'}
