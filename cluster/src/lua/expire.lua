-- Ends holds whose time is over, and rooms that no owner has spoken of for STALE_MS. ARGV: most of
-- either. Answers {holds, rooms}.
local holds = expire_holds(ARGV[1])
local rooms = redis.call('ZRANGEBYSCORE', s, '-inf', ms(now - STALE_MS), 'LIMIT', 0, ARGV[1])
for _, room in ipairs(rooms) do
  local entry = entry_of(room)
  if entry then remove(room, entry) else redis.call('ZREM', s, room) end
end
return { holds, #rooms }
