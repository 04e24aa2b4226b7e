-- One queue: who waits, who is being matched, who has got what. `queue/line.rs` is the same in memory.
-- Every answer is JSON. ARGV[1] is the time in ms; 0: the server's own.
--
-- rank     ZSET session -> rank, those who wait only
-- since    ZSET session -> ms, all
-- stay     ZSET session -> ms until which it is believed to be there, all
-- body     HASH session -> the entrant as JSON, all
-- claimed  HASH session -> match:players:rank, those who do not wait
-- due      ZSET session -> ms when those wait again
-- told     HASH session -> what became of it, as JSON
-- found    HASH session -> how many it was told to have found, if more than itself
-- turn     STRING ms of the next turn
local rank, since, stay, body, claimed, due, told, found, turn = unpack(KEYS)
local KEEP_MS, SWEEP_MAX = 60000, 1000

local now = tonumber(ARGV[1])
if now == 0 then
  local time = redis.call('TIME')
  now = time[1] * 1000 + math.floor(time[2] / 1000)
end
-- Not as a double's shortest text, which would round it.
local function ms(time) return string.format('%.0f', time) end

local at = 1
local function arg() at = at + 1; return ARGV[at] end
local function count() return tonumber(arg()) end

local function remove(session)
  redis.call('ZREM', rank, session)
  redis.call('ZREM', since, session)
  redis.call('ZREM', stay, session)
  redis.call('ZREM', due, session)
  for _, hash in ipairs({ body, claimed, told, found }) do redis.call('HDEL', hash, session) end
end

local function wait_again(session)
  local claim = redis.call('HGET', claimed, session)
  if claim then redis.call('ZADD', rank, string.match(claim, '([^:]*)$'), session) end
  redis.call('HDEL', claimed, session)
  redis.call('HDEL', told, session)
  redis.call('ZREM', due, session)
end

local function over(key)
  return redis.call('ZRANGE', key, '-inf', ms(now), 'BYSCORE', 'LIMIT', 0, SWEEP_MAX)
end
for _, session in ipairs(over(stay)) do remove(session) end
for _, session in ipairs(over(due)) do wait_again(session) end

-- Nothing outlives a queue that nobody tends.
local function answer(text)
  for _, key in ipairs(KEYS) do redis.call('PEXPIRE', key, KEEP_MS) end
  return text
end
local function list(items) return '[' .. table.concat(items, ',') .. ']' end
