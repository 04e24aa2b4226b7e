-- ARGV: now, turn_ms
-- Answers null, or [[session, rank, waited_ms, found] of each who waits].
local turn_ms = count()
if now < tonumber(redis.call('GET', turn) or '0') then return answer('null') end
redis.call('SET', turn, ms(now + turn_ms))

-- What one call of a command may take at once.
local CHUNK = 1000
local waiting = redis.call('ZRANGE', rank, 0, -1, 'WITHSCORES')
local all = {}
for first = 1, #waiting, 2 * CHUNK do
  local sessions = {}
  for i = first, math.min(first + 2 * CHUNK, #waiting + 1) - 1, 2 do
    sessions[#sessions + 1] = waiting[i]
  end
  local entered = redis.call('ZMSCORE', since, unpack(sessions))
  local has_found = redis.call('HMGET', found, unpack(sessions))
  for i, session in ipairs(sessions) do
    local its_rank = waiting[first + 2 * i - 1]
    local waited = ms(math.max(0, now - tonumber(entered[i])))
    all[#all + 1] = list({ '"' .. session .. '"', its_rank, waited, has_found[i] or '1' })
  end
end
return answer(list(all))
