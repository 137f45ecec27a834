#!lua flags=allow-oom
-- Purpose: gives the owner's lease back, so that the next starter need not wait.
-- Atomic: compares and writes one hash; another one's lease is left alone.
-- KEYS 1: {server}:id, hash
-- ARGV 1: instance (text)
-- Reply: DONE
-- Complexity: O(1)

if redis.call('HGET', KEYS[1], 'owner') == ARGV[1] then
  redis.call('HSET', KEYS[1], 'leaseUntil', '0')
end
return {'DONE'}
