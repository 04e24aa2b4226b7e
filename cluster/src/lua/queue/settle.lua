-- ARGV: now, outcome_ms, match, n, n times (session, kind, outcome)
-- kind is seat, refused or waits. Answers whether the seats hold.
local outcome_ms, match = count(), arg()

local outcomes = {}
for i = 1, count() do outcomes[i] = { arg(), arg(), arg() } end

local function is_claimed(session)
  local claim = redis.call('HGET', claimed, session)
  return claim and string.match(claim, '^([^:]*)') == match
    and redis.call('HEXISTS', told, session) == 0
end

local is_whole = true
for _, outcome in ipairs(outcomes) do is_whole = is_whole and is_claimed(outcome[1]) end
for _, outcome in ipairs(outcomes) do
  local session, kind, text = unpack(outcome)
  if is_claimed(session) then
    if kind == 'refused' or (kind == 'seat' and is_whole) then
      redis.call('HSET', told, session, text)
      redis.call('ZADD', due, ms(now + outcome_ms), session)
    else
      wait_again(session)
    end
  end
end
return answer(is_whole and 'true' or 'false')
