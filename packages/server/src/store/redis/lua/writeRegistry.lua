#!lua
-- Purpose: sets fields of the registry, or removes those with an empty value, all or none.
-- Atomic: one hash. The numbers of writes only rise, so that a call which was given up and
--   still arrives cannot undo a later one.
-- KEYS 1: {registry}:state, hash
-- ARGV 1: epoch (text)   2: owner, the process's instance (text)
--      3: number of this write in its session, from 1
--      4..: pairs: field, value
-- Reply: DONE
--        LATE, the number of the last write
--        FENCE, why
-- Complexity: O(fields)

local registry = KEYS[1]
local epoch, owner, number = ARGV[1], ARGV[2], ARGV[3]

local fence = fenceOf(registry, epoch, owner)
if fence then
  return fence
end
local last = redis.call('HGET', registry, '#writes') or '0'
if tonumber(number) <= tonumber(last) then
  return {'LATE', last}
end
-- The number goes with the last piece: nothing is half-done when it stands there.
local fields = {}
for i = 4, #ARGV, 2 do
  if ARGV[i + 1] == '' then
    redis.call('HDEL', registry, ARGV[i])
  else
    fields[#fields + 1], fields[#fields + 2] = ARGV[i], ARGV[i + 1]
  end
end
fields[#fields + 1], fields[#fields + 2] = '#writes', number
setFields(registry, fields)
return {'DONE'}
