#!lua
-- Purpose: copies a piece of what a log keeps into a stream beside it, which shortenLog then puts
--   in its place.
-- Atomic: a piece at a time; the log stays as it is. The copy expires when nobody goes on with it.
-- KEYS 1: {channel}:meta, hash   2: {channel}:log:<origin>, stream
--      3: {channel}:copy:<origin>, stream
-- ARGV 1: epoch (text)           2: owner, the process's instance (text)
--      3: origin (text)          4: last entry to be copied ('ts-seq')
--      5: '1' to begin anew, '' to go on behind what is copied
--      6: how many characters one call copies, about
--      7: how long the copy lives (ms)
-- Reply: DONE; MORE, to be called again; FENCE, why
-- Complexity: O(entries copied)

local meta, log, copy = KEYS[1], KEYS[2], KEYS[3]
local epoch, owner, origin, last, isFirst, chars, livesMs = unpack(ARGV)

local fence = fenceOf(meta, epoch, owner)
if fence then
  return fence
end
local _, base = boundsOf(meta, origin)
local copied = isFirst == '' and redis.call('XREVRANGE', copy, '+', '-', 'COUNT', 1)[1]
local after = copied and copied[1] or base.id

if isFirst ~= '' then
  redis.call('UNLINK', copy)
end
local left, entry = tonumber(chars), nil
repeat
  entry = redis.call('XRANGE', log, '(' .. after, last, 'COUNT', 1)[1]
  if entry then
    redis.call('XADD', copy, entry[1], unpack(entry[2]))
    after, left = entry[1], left - #entry[2][2]
  end
until not entry or left <= 0
redis.call('PEXPIRE', copy, livesMs)
return {entry and 'MORE' or 'DONE'}
