-- A page of all rooms, oldest first. ARGV: the place after which it begins ('' = the beginning),
-- most rooms. Answers {place of the next page, '' if there is none, records…}.
local from = '-'
if ARGV[1] ~= '' then from = '(' .. ARGV[1] end
local members = redis.call('ZRANGEBYLEX', a, from, '+', 'LIMIT', 0, ARGV[2])
local answer = { '' }
if #members == tonumber(ARGV[2]) then answer[1] = members[#members] end
for _, member in ipairs(members) do
  local record = redis.call('HGET', h, string.sub(member, -ROOM_LEN))
  if record then answer[#answer + 1] = record end
end
return answer
