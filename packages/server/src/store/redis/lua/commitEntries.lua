#!lua
-- Purpose: appends entries of one log, all or none, if nothing changed since they were decided.
-- Atomic: everything is read and checked for its type before the first write. XADD comes first
--   and is the commit point; index, twins and head follow, and the head is healed on open.
-- KEYS 1: {channel}:meta, hash               2: {channel}:log:<origin>, stream
--      3: {channel}:ocid:<roll - 1>, hash    4: {channel}:ocid:<roll>, hash
--      5: {channel}:ocid:<roll + 1>, hash    6: {channel}:twins, hash
-- ARGV 1: epoch (text)             2: owner, the process's instance (text)
--      3: origin (text)            4: head that the log must have ('ts-seq')
--      5: how long the index of this roll is kept (ms)
--      6: number of entries, 1 to 500
--      7..: per entry: id ('ts-seq'), line, chain (hex), digest (hex), value, expected value
--      then pairs for the twins: digest, value
-- Reply: DONE
--        KNOWN, (digest, value)*: the index holds these instead ('' for nothing)
--        MISMATCH, the log's head ('ts-seq')
--        FENCE, why
-- Complexity: O(entries)

local meta, log, index, twins = KEYS[1], KEYS[2], KEYS[4], KEYS[6]
local epoch, owner, origin, expectedHead = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
local indexTtlMs, count = ARGV[5], tonumber(ARGV[6])
local FIRST, WIDTH = 7, 6

local fence = fenceOf(meta, epoch, owner)
if fence then
  return fence
end
local head = parseHead(redis.call('HGET', meta, 'h:' .. origin))
if head.id ~= expectedHead then
  return {'MISMATCH', head.id}
end

local digests = {}
for i = 1, count do
  digests[i] = ARGV[FIRST + (i - 1) * WIDTH + 3]
end
local known = {}
for roll = 3, 5 do
  local values = redis.call('HMGET', KEYS[roll], unpack(digests))
  for i = 1, count do
    known[i] = known[i] or values[i]
  end
end
local differing = {'KNOWN'}
for i = 1, count do
  local value = known[i] or ''
  if value ~= ARGV[FIRST + (i - 1) * WIDTH + 5] then
    differing[#differing + 1], differing[#differing + 2] = digests[i], value
  end
end
if #differing > 1 then
  return differing
end
redis.call('HLEN', twins)

local indexed = {}
for i = 1, count do
  local at = FIRST + (i - 1) * WIDTH
  local added = redis.pcall('XADD', log, ARGV[at], 'l', ARGV[at + 1], 'p', ARGV[at + 2])
  if type(added) == 'table' and added.err then
    -- Only the first can be refused: then nothing was written. The stream is ahead of the head
    -- when a script died right after its XADD.
    if i == 1 and string.find(added.err, 'equal or smaller', 1, true) then
      local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
      return {'MISMATCH', last and last[1] or head.id}
    end
    return added
  end
  if not known[i] then
    indexed[#indexed + 1], indexed[#indexed + 2] = digests[i], ARGV[at + 4]
  end
end
setFields(index, indexed)
redis.call('PEXPIRE', index, indexTtlMs)
setFields(twins, {unpack(ARGV, FIRST + count * WIDTH)})
local last = FIRST + (count - 1) * WIDTH
redis.call('HSET', meta, 'h:' .. origin, ARGV[last] .. ':' .. ARGV[last + 2])
return {'DONE'}
