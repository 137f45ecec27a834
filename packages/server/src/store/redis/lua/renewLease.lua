#!lua flags=allow-oom
-- Purpose: prolongs the owner's lease and notices that the store is not what was opened.
-- Atomic: compares and writes one hash; nothing is written when it refuses.
-- KEYS 1: {server}:id, hash
-- ARGV 1: instance that must hold the lease (text)
--      2: storeId (text)
--      3: epoch (text)
--      4: lease (ms)
-- Reply: DONE, or FENCE and why
-- Complexity: O(1)

local id = KEYS[1]
local instance, storeId, epoch, leaseMs = unpack(ARGV)

local stored = redis.call('HMGET', id, 'owner', 'storeId', 'epoch', 'replid')
if not stored[2] then
  return {'FENCE', 'the store was emptied'}
end
if stored[1] ~= instance then
  return {'FENCE', 'another process took the lease'}
end
if stored[2] ~= storeId or stored[3] ~= epoch then
  return {'FENCE', 'the store id or the epoch changed'}
end
if stored[4] ~= replicationId() then
  return {'FENCE', 'the replication id changed'}
end

local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
redis.call('HSET', id, 'leaseUntil', string.format('%.0f', nowMs + leaseMs))
return {'DONE'}
