#!lua flags=allow-oom
-- Purpose: notes that the index holds all logs, in the windows for which the channel was opened.
-- Atomic: one write. Nothing is written when the channel was opened for others since.
-- KEYS 1: {channel}:meta, hash
-- ARGV 1: epoch (text)   2: owner, the process's instance (text)
--      3: length of the dedup windows (ms)
-- Reply: DONE; FENCE, why
-- Complexity: O(1)

local meta = KEYS[1]
local epoch, owner, window = unpack(ARGV)

local fence = fenceOf(meta, epoch, owner)
if fence then
  return fence
end
if redis.call('HGET', meta, '#window') == '>' .. window then
  redis.call('HSET', meta, '#window', window)
end
return {'DONE'}
