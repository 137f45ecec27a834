#!lua
-- Purpose: appends entries of one log, all or none, if nothing changed since they were decided.
-- Atomic: everything is read and checked for its type before the first write. XADD comes first
--   and is the commit point; index, twins and head follow. When the script dies before the head
--   moved, the channel is found `ahead` on open, and reindexEntries does the rest.
-- KEYS 1: {channel}:meta, hash               2: {channel}:log:<origin>, stream
--      3: {channel}:ocid:<roll - 1>, hash    4: {channel}:ocid:<roll>, hash
--      5: {channel}:ocid:<roll + 1>, hash    6: {channel}:twins, hash
-- ARGV 1: epoch (text)             2: owner, the process's instance (text)
--      3: origin (text)            4: head that the log must have ('ts-seq')
--      5: length of the dedup windows (ms) for which the channel was opened
--      6: number of entries, 1 to 500
--      7..: per entry: id ('ts-seq'), chain (hex), digest (hex), value, expected value, line
--      then pairs for the twins: digest, value
-- Reply: DONE
--        KNOWN, (digest, value)*: the index holds these instead ('' for nothing)
--        MISMATCH, the log's head or last entry ('ts-seq'); also for windows of another length
--        FENCE, why
-- Complexity: O(entries)

local meta, log, twins = KEYS[1], KEYS[2], KEYS[6]
local epoch, owner, origin, expectedHead = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local window, count = ARGV[5], tonumber(ARGV[6])
local FIRST, WIDTH = 7, 6

local fence = fenceOf(meta, epoch, owner)
if fence then
  return fence
end
local head, base = boundsOf(meta, origin)
local mismatch = mismatchOf(log, head, base, expectedHead)
if mismatch then
  return mismatch
end
if not isIndexedIn(meta, window) then
  return {'MISMATCH', head.id}
end

local digests, values, expected = {}, {}, {}
for i = 1, count do
  local at = FIRST + (i - 1) * WIDTH
  digests[i], values[i], expected[i] = ARGV[at + 2], ARGV[at + 3], ARGV[at + 4]
end
local known = knownOf({KEYS[3], KEYS[4], KEYS[5]}, digests)
local difference = differenceOf(known, digests, expected)
if difference then
  return difference
end
redis.call('HLEN', twins)

for i = 1, count do
  local at = FIRST + (i - 1) * WIDTH
  local added = redis.pcall('XADD', log, ARGV[at], 'l', ARGV[at + 5], 'p', ARGV[at + 1])
  if type(added) == 'table' and added.err then
    -- Only the first can be refused: then nothing was written. The stream once held more than
    -- its head when somebody else wrote to it.
    if i == 1 and string.find(added.err, 'equal or smaller', 1, true) then
      return {'MISMATCH', head.id}
    end
    return added
  end
end
local noted = {unpack(ARGV, FIRST + count * WIDTH)}
noteIdentities(KEYS[4], known, digests, values, window, twins, noted)
local last = FIRST + (count - 1) * WIDTH
redis.call('HSET', meta, 'h:' .. origin, ARGV[last] .. ':' .. ARGV[last + 1])
return {'DONE'}
