#!lua flags=no-writes
-- Purpose: notices that the registry was lost, or is another session's. Scripts stay within one
--   hash tag, so the renewal of the lease cannot look.
-- Atomic: reads one hash and writes nothing.
-- KEYS 1: {registry}:state, hash
-- ARGV 1: epoch (text)
--      2: owner, the process's instance (text)
-- Reply: DONE, or FENCE and why
-- Complexity: O(1)

return fenceOf(KEYS[1], ARGV[1], ARGV[2]) or {'DONE'}
