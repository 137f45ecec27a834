#!lua flags=allow-oom
-- Purpose: makes this process the store's owner, unless another one's lease still runs.
-- Atomic: compares and writes one hash; replies without a write when it refuses.
-- KEYS 1: {server}:id, hash
-- ARGV 1: instance, this process (text)
--      2: lease (ms)
--      3: serverId (text)
--      4: layout version (text)
--      5: leaseUntil (ms) of a lease that was waited out, or '': taken if it was not renewed
-- Reply: TAKEN, replication id, storeId, epoch, stamped replication id ('' where unknown)
--        HELD, leaseUntil (ms), how long it still runs (ms)
--        OTHER, serverId that owns the store
--        LAYOUT, layout version of the store
-- Complexity: O(1)

local id = KEYS[1]
local instance, leaseMs, serverId, layout, waitedOut = unpack(ARGV)

local stored = redis.call('HMGET', id, 'layout', 'serverId', 'owner', 'leaseUntil')
if stored[1] and stored[1] ~= layout then
  return {'LAYOUT', stored[1]}
end
if stored[2] and stored[2] ~= serverId then
  return {'OTHER', stored[2]}
end

local time = redis.call('TIME')
local nowMs = time[1] * 1000 + math.floor(time[2] / 1000)
local leaseUntil = tonumber(stored[4] or '0')
local isForeign = stored[3] and stored[3] ~= instance
if isForeign and leaseUntil > nowMs and stored[4] ~= waitedOut then
  return {'HELD', stored[4], string.format('%.0f', leaseUntil - nowMs)}
end

redis.call('HSET', id, 'layout', layout, 'serverId', serverId, 'owner', instance,
  'leaseUntil', string.format('%.0f', nowMs + leaseMs))
local life = redis.call('HMGET', id, 'storeId', 'epoch', 'replid')
return {'TAKEN', replicationId(), life[1] or '', life[2] or '', life[3] or ''}
