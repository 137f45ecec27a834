#!lua flags=allow-oom
-- Purpose: writes index and twins of entries that a log holds already, and moves its head to the
--   last of them if that lies beyond it: the part of a commit that follows its XADD.
-- Atomic: everything is read and checked for its type before the first write; the head comes
--   last, so that a script that died is done again.
-- KEYS, ARGV: as commitEntries, without the lines
-- Reply: DONE
--        KNOWN, (digest, value)*: the index holds these instead ('' for nothing)
--        MISMATCH, the log's head ('ts-seq'); also for windows of another length
--        FENCE, why
-- Complexity: O(entries)

local meta, log, twins = KEYS[1], KEYS[2], KEYS[6]
local epoch, owner, origin, expectedHead = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local window, count = ARGV[5], tonumber(ARGV[6])
local FIRST, WIDTH = 7, 5

local fence = fenceOf(meta, epoch, owner)
if fence then
  return fence
end
local head = boundsOf(meta, origin)
local last = FIRST + (count - 1) * WIDTH
local lastId = ARGV[last]
local held = redis.call('XRANGE', log, lastId, lastId)
if head.id ~= expectedHead or #held == 0 or not isIndexedIn(meta, window) then
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

local noted = {unpack(ARGV, FIRST + count * WIDTH)}
noteIdentities(KEYS[4], known, digests, values, window, twins, noted)
if parseHead(lastId .. ':').ts > head.ts then
  redis.call('HSET', meta, 'h:' .. origin, lastId .. ':' .. ARGV[last + 1])
end
return {'DONE'}
