#!lua flags=allow-oom
-- Purpose: removes a log's entries up to and including a base, and twins that are all dead.
-- Atomic: all keys are read and checked before the first write; a trim that was left undone is
--   done on open. A base at or below the stored one changes nothing.
-- KEYS 1: {channel}:meta, hash   2: {channel}:log:<origin>, stream   3: {channel}:twins, hash
-- ARGV 1: epoch (text)           2: owner, the process's instance (text)
--      3: origin (text)          4: new base ('ts-seq:chain')
--      5: smallest ts above it (µs)
--      6..: digests of twins to forget
-- Reply: DONE; MISMATCH, the log's head ('ts-seq') when the base lies beyond it; FENCE, why
-- Complexity: O(entries and twins removed)

local meta, log, twins = KEYS[1], KEYS[2], KEYS[3]
local epoch, owner, origin, newBase, keptTs = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]

local fence = fenceOf(meta, epoch, owner)
if fence then
  return fence
end
local head, base = boundsOf(meta, origin)
local wanted = parseHead(newBase)
if wanted.ts > head.ts then
  return {'MISMATCH', head.id}
end
redis.call('XLEN', log)
redis.call('HLEN', twins)

if wanted.ts > base.ts then
  redis.call('HSET', meta, 'b:' .. origin, newBase)
  redis.call('XTRIM', log, 'MINID', '=', keptTs)
  if redis.call('XLEN', log) == 0 then
    redis.call('UNLINK', log)
  end
end
for i = 6, #ARGV do
  redis.call('HDEL', twins, ARGV[i])
end
return {'DONE'}
