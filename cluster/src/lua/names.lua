-- The names under which there are rooms. KEYS[1]: sorted set by the time (ms) of the last word.
-- ARGV: names that have rooms now… Answers all, at most NAMES_MAX.
local LIFE_MS, NAMES_MAX = 60000, 4096
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
for i = 1, #ARGV do redis.call('ZADD', KEYS[1], string.format('%.0f', now), ARGV[i]) end
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', string.format('%.0f', now - LIFE_MS))
redis.call('PEXPIRE', KEYS[1], LIFE_MS)
return redis.call('ZRANGE', KEYS[1], 0, NAMES_MAX - 1)
