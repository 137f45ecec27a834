-- Prologue of the scripts that write the index; scripts.ts puts it behind stamp.lua.
--
-- Index and twins follow from the entries: what is noted for an entry is the same whether it is
-- written with its append or later. An identity is (digest, value, expected value).

-- What the index holds of these digests in three rolls, by place; false for nothing.
local function knownOf(rolls, digests)
  local known = {}
  for _, roll in ipairs(rolls) do
    local values = redis.call('HMGET', roll, unpack(digests))
    for i = 1, #digests do
      known[i] = known[i] or values[i]
    end
  end
  return known
end

-- Nil when the index holds what is expected, else the reply that says what it holds instead.
local function differenceOf(known, digests, expected)
  local reply = {'KNOWN'}
  for i = 1, #digests do
    local value = known[i] or ''
    if value ~= expected[i] then
      reply[#reply + 1], reply[#reply + 2] = digests[i], value
    end
  end
  return #reply > 1 and reply or nil
end

-- Whether a channel was opened last for windows of this length, settled or not.
local function isIndexedIn(meta, window)
  local windows = redis.call('HGET', meta, '#window')
  return windows == window or windows == '>' .. window
end

-- Writes the values of digests that are new, keeps the roll for three windows, notes the twins.
local function noteIdentities(index, known, digests, values, window, twins, noted)
  local new = {}
  for i = 1, #digests do
    if not known[i] then
      new[#new + 1], new[#new + 2] = digests[i], values[i]
    end
  end
  setFields(index, new)
  redis.call('PEXPIRE', index, string.format('%.0f', math.ceil(3 * window)))
  setFields(twins, noted)
end
