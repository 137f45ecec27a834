#!lua flags=allow-oom
-- Purpose: makes this session the registry's only writer.
-- Atomic: compares and writes one hash; nothing is written when it refuses.
-- KEYS 1: {registry}:state, hash
-- ARGV 1: epoch (text)
--      2: owner, the process's instance (text)
--      3: replication id of the session (text)
-- Reply: DONE, or FENCE and why
-- Complexity: O(1)

local registry = KEYS[1]
local epoch, owner, replid = unpack(ARGV)

if replicationId() ~= replid then
  return {'FENCE', 'the replication id changed'}
end
local stamped = redis.call('HGET', registry, '#epoch')
if stamped and isNewerEpoch(stamped, epoch) then
  return {'FENCE', 'the registry is stamped by the newer epoch ' .. stamped}
end
redis.call('HSET', registry, '#epoch', epoch, '#owner', owner, '#replid', replid, '#writes', '0')
return {'DONE'}
