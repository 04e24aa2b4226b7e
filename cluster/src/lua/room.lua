-- What all scripts of a room's record begin with. KEYS[1]: a hash of
--   e epoch, o node, i incarnation, s shard, n name, b time of creation (ms)
-- Who owns a room now has the highest epoch, so what a former owner still says is known as old.
local key = KEYS[1]
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local LIFE_MS = 600000

local function read() return redis.call('HMGET', key, 'e', 'o', 'i', 's', 'n', 'b') end

local function write(fields)
  redis.call('HSET', key, 'e', fields[1], 'o', fields[2], 'i', fields[3], 's', fields[4], 'n', fields[5], 'b', fields[6])
  redis.call('PEXPIRE', key, LIFE_MS)
end

-- Higher than all former ones, even if a failover of this server lost the last of them.
local function epoch_after(former)
  return string.format('%.0f', math.max(tonumber(former or 0) + 1, now))
end

local function is_owner(known, node, incarnation) return known[2] == node and known[3] == incarnation end
