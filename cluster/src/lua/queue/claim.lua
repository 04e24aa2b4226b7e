-- ARGV: now, claim_ms, n, n times (match, m, m sessions), n, n times (session, found)
-- Answers, of each match, [its entrants] or null.
local claim_ms = count()

local matches = {}
for i = 1, count() do
  local match = { id = arg() }
  for j = 1, count() do match[j] = arg() end
  matches[i] = match
end
for _ = 1, count() do
  local session, number = arg(), arg()
  if redis.call('HEXISTS', body, session) == 1 then redis.call('HSET', found, session, number) end
end

local function claim(match)
  local ranks = {}
  for i, session in ipairs(match) do
    ranks[i] = redis.call('ZSCORE', rank, session)
    if not ranks[i] then return 'null' end
  end
  local entrants = {}
  for i, session in ipairs(match) do
    redis.call('ZREM', rank, session)
    redis.call('HSET', claimed, session, match.id .. ':' .. #match .. ':' .. ranks[i])
    redis.call('ZADD', due, ms(now + claim_ms), session)
    entrants[i] = redis.call('HGET', body, session)
  end
  return list(entrants)
end

local all = {}
for i, match in ipairs(matches) do all[i] = claim(match) end
return answer(list(all))
