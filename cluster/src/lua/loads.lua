-- How busy the shards of all nodes are. KEYS[1]: hash of node.incarnation -> <ms>|<its shards>.
-- ARGV: node.incarnation, its shards. Answers {now, node.incarnation, <ms>|<its shards>, …}.
local STALE_MS = 10000
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local shown = string.format('%.0f', now)
if ARGV[1] ~= '' then redis.call('HSET', KEYS[1], ARGV[1], shown .. '|' .. ARGV[2]) end
local answer, all = { shown }, redis.call('HGETALL', KEYS[1])
for i = 1, #all, 2 do
  local at = tonumber(string.match(all[i + 1], '^(%d+)|') or 0)
  if at < now - STALE_MS then redis.call('HDEL', KEYS[1], all[i])
  else
    answer[#answer + 1] = all[i]
    answer[#answer + 1] = all[i + 1]
  end
end
redis.call('PEXPIRE', KEYS[1], STALE_MS)
return answer
