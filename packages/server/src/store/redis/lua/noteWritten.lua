#!lua
-- Purpose: notes, outside of a channel's keys, that this epoch has written there.
-- Atomic: compares and writes one hash; nothing is written when it refuses.
-- KEYS 1: {server}:id, hash
-- ARGV 1: instance that must hold the lease (text)
--      2: epoch (text)
--      3: replication id of the session (text)
--      4: field of the channel ('wrote:<name~g>')
-- Reply: DONE, or FENCE and why
-- Complexity: O(1)

local id = KEYS[1]
local instance, epoch, replid, field = unpack(ARGV)

local stored = redis.call('HMGET', id, 'owner', 'epoch')
if stored[1] ~= instance or stored[2] ~= epoch then
  return {'FENCE', 'another process took the lease, or the epoch changed'}
end
if replicationId() ~= replid then
  return {'FENCE', 'the replication id changed'}
end
redis.call('HSET', id, field, epoch)
return {'DONE'}
