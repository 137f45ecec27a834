-- Prologue of openChannel; scripts.ts puts it behind stamp.lua.

-- What is to be noted of the index: the length of its windows, behind '>' while it does not hold
-- all logs in them. What was noted before is nil in a new channel, and in one of an older version.
local function windowOf(noted, wanted, isLost)
  return not isLost and (noted or wanted) == wanted and wanted or '>' .. wanted
end

-- A log's first or last entry by its id, as a head without chain; the start of an empty one.
local function endOf(key, command, from, to)
  local entry = redis.call(command, key, from, to, 'COUNT', 1)[1]
  return parseHead(entry and entry[1] .. ':')
end

-- Right before the first entry of a log whose head and base are not known; nil for seq 1.
local function beginOf(key)
  if redis.call('TYPE', key).ok ~= 'stream' then
    return nil
  end
  local first = endOf(key, 'XRANGE', '-', '+')
  return first.seq > 1 and string.format('%.0f-%.0f:', first.ts - 1, first.seq - 1) or nil
end

-- Removes what a trim left at or below the base. Nil when the log then holds exactly the entries
-- after its base through its head; 'unreadable' for another type; 'ahead' when more entries
-- follow the head, and none is missing; else 'broken'.
local function faultOf(key, head, base)
  local length, last = 0, parseHead(nil)
  if key then
    if redis.call('TYPE', key).ok ~= 'stream' then
      return 'unreadable'
    end
    if base.ts > 0 then
      redis.call('XTRIM', key, 'MINID', '=', string.format('%.0f', base.ts + 1))
    end
    length = redis.call('XLEN', key)
    last = endOf(key, 'XREVRANGE', '+', '-')
  end
  if length == head.seq - base.seq and (length == 0 or last.id == head.id) then
    return nil
  end
  return last.ts > head.ts and last.seq - base.seq == length and 'ahead' or 'broken'
end

