#!lua flags=allow-oom
-- Purpose: removes every key of a deleted generation.
-- Atomic: all or none; the memory is freed in the background.
-- KEYS 1: {channel}:meta, hash   2..: all other keys of the channel
-- ARGV 1: epoch (text)   2: replication id of the session (text)
-- Reply: DONE; FENCE, why
-- Complexity: O(keys)

if replicationId() ~= ARGV[2] then
  return {'FENCE', 'the replication id changed'}
end
local stamped = redis.pcall('HGET', KEYS[1], '#epoch')
if type(stamped) == 'string' and isNewerEpoch(stamped, ARGV[1]) then
  return {'FENCE', 'the channel is stamped by the newer epoch ' .. stamped}
end
for i = 1, #KEYS do
  redis.call('UNLINK', KEYS[i])
end
return {'DONE'}
