-- ARGV: now, stay_ms, entrants_max,
--       n, n times (session, rank, waited_ms, entrant); n, n sessions that stay; n, n that leave
-- Answers [[news of each who entered, then of each who stays], entrants].
local stay_ms, entrants_max = count(), count()

local entering = {}
for i = 1, count() do entering[i] = { arg(), arg(), count(), arg() } end
local staying = {}
for i = 1, count() do staying[i] = arg() end
for _ = 1, count() do remove(arg()) end

local function news(session)
  if redis.call('HEXISTS', body, session) == 0 then return '"unknown"' end
  redis.call('ZADD', stay, ms(now + stay_ms), session)
  local outcome = redis.call('HGET', told, session)
  if outcome then return '{"out":' .. outcome .. '}' end
  local claim = redis.call('HGET', claimed, session)
  if claim then return '{"matched":{"players":' .. string.match(claim, ':(%d+):') .. '}}' end
  return '{"waits":{"found":' .. (redis.call('HGET', found, session) or '1') .. '}}'
end

local all = {}
for _, entrant in ipairs(entering) do
  local session, its_rank, waited_ms, text = unpack(entrant)
  local is_here = redis.call('HEXISTS', body, session) == 1
  if is_here or redis.call('HLEN', body) < entrants_max then
    if not is_here then
      redis.call('HSET', body, session, text)
      redis.call('ZADD', rank, its_rank, session)
      redis.call('ZADD', since, ms(now - waited_ms), session)
    end
    all[#all + 1] = news(session)
  else
    all[#all + 1] = '"full"'
  end
end
for _, session in ipairs(staying) do all[#all + 1] = news(session) end
return answer(list({ list(all), redis.call('HLEN', body) }))
