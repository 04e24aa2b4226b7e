-- The rooms of an incarnation, for who recovers them. KEYS[1]: sorted set of <room>|<name>, scores
-- 0. ARGV: add or remove, members…; or page, after ('' = from the beginning), most.
local LIFE_MS = 600000
if ARGV[1] == 'page' then
  local from = '-'
  if ARGV[2] ~= '' then from = '(' .. ARGV[2] end
  return redis.call('ZRANGEBYLEX', KEYS[1], from, '+', 'LIMIT', 0, ARGV[3])
end
for i = 2, #ARGV do
  if ARGV[1] == 'add' then redis.call('ZADD', KEYS[1], 0, ARGV[i])
  else redis.call('ZREM', KEYS[1], ARGV[i]) end
end
redis.call('PEXPIRE', KEYS[1], LIFE_MS)
return 1
