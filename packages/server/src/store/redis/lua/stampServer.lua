#!lua flags=allow-oom
-- Purpose: records which life of the store begins or continues.
-- Atomic: compares and writes one hash; nothing is written when it refuses.
-- KEYS 1: {server}:id, hash
-- ARGV 1: instance that must hold the lease (text)
--      2: replication id that the lease was taken on (text)
--      3: storeId (text)
--      4: epoch (text)
-- Reply: DONE, or FENCE and why
-- Complexity: O(1)

local id = KEYS[1]
local instance, replid, storeId, epoch = unpack(ARGV)

if redis.call('HGET', id, 'owner') ~= instance then
  return {'FENCE', 'another process took the lease'}
end
if replicationId() ~= replid then
  return {'FENCE', 'the replication id changed'}
end
redis.call('HSET', id, 'storeId', storeId, 'epoch', epoch, 'replid', replid)
return {'DONE'}
