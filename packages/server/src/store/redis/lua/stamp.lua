-- Prologue of every script: scripts.ts puts it after the script's first line.
--
-- The fence. What may be written depends on whose store this is: the replication id changes
-- when the server restarts, is restored or fails over; the stamp is gone when the store was
-- flushed; and it names another owner once another process took the store.

local function replicationId()
  return string.match(redis.call('INFO', 'replication'), 'master_replid:(%w+)')
end

-- Nil when `key` (a channel's meta, or the registry) is stamped with this epoch and owner on
-- this very server, else the reply that refuses the call.
local function fenceOf(key, epoch, owner)
  local stamp = redis.call('HMGET', key, '#epoch', '#owner', '#replid')
  local replid = replicationId()
  if stamp[1] == epoch and stamp[2] == owner and stamp[3] == replid then
    return nil
  end
  return {'FENCE', 'stamped by epoch ' .. (stamp[1] or 'none') .. ', owner ' .. (stamp[2] or 'none')
    .. ', replication id ' .. (stamp[3] or 'none') .. '; this is ' .. replid}
end

-- Whether epoch `a` began later than `b`: all but the last two characters are ms in base 36.
local function isNewerEpoch(a, b)
  return (tonumber(string.sub(a, 1, -3), 36) or 0) > (tonumber(string.sub(b, 1, -3), 36) or 0)
end

-- A stored head or base, 'ts-seq:chain', as numbers and texts; the start for none.
local function parseHead(text)
  local ts, seq, chain = string.match(text or '', '^(%d+)-(%d+):(.*)$')
  if not ts then
    ts, seq, chain = '0', '0', ''
  end
  return {ts = tonumber(ts), seq = tonumber(seq), id = ts .. '-' .. seq, chain = chain}
end

-- A log's head and base as its channel's meta has them.
local function boundsOf(meta, origin)
  local stored = redis.call('HMGET', meta, 'h:' .. origin, 'b:' .. origin)
  return parseHead(stored[1]), parseHead(stored[2])
end

-- Nil when the head is the expected one and the log holds as many entries as lie between base
-- and head, else the reply that refuses the call. A log that lost entries is not written to.
local function mismatchOf(log, head, base, expectedHead)
  local length = redis.call('XLEN', log)
  if head.id ~= expectedHead then
    return {'MISMATCH', head.id}
  end
  if length == head.seq - base.seq then
    return nil
  end
  local last = redis.call('XREVRANGE', log, '+', '-', 'COUNT', 1)[1]
  return {'MISMATCH', last and last[1] or '0-0'}
end

-- HSET of a flat list of fields and values, in pieces that fit Lua's stack.
local function setFields(key, list)
  for from = 1, #list, 1000 do
    redis.call('HSET', key, unpack(list, from, math.min(from + 999, #list)))
  end
end

