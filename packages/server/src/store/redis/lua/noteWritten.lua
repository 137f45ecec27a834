#!lua
-- Purpose: notes, outside of a channel's keys, that this epoch writes there, or forgets it.
-- Atomic: compares and writes one hash; nothing is written when it refuses.
-- KEYS 1: {server}:id, hash
-- ARGV 1: instance that must hold the lease (text)
--      2: epoch (text)
--      3: replication id of the session (text)
--      4: field of the channel ('wrote:<name~g>')
--      5: the epoch again, or '' to forget it
-- Reply: DONE, or FENCE and why
-- Complexity: O(1)

local id = KEYS[1]
local instance, epoch, replid, field, value = unpack(ARGV)

local stored = redis.call('HMGET', id, 'owner', 'epoch')
if stored[1] ~= instance or stored[2] ~= epoch then
  return {'FENCE', 'another process took the lease, or the epoch changed'}
end
if replicationId() ~= replid then
  return {'FENCE', 'the replication id changed'}
end
if value == '' then
  redis.call('HDEL', id, field)
else
  redis.call('HSET', id, field, value)
end
return {'DONE'}
