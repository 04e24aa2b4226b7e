-- An owner's word that its rooms are as it last published them. ARGV: owner, then per room: room,
-- epoch, version. Answers per room: ok; again if it has to be published once more, since this
-- server has lost it; old if a later owner is known.
local owner, filters, answers = ARGV[1], {}, {}
for i = 2, #ARGV, 3 do
  local room, epoch, version = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  local known = entry_of(room)
  local answer = 'ok'
  if is_fenced(known, epoch, owner) then answer = 'old'
  elseif not known or known[EPOCH] ~= epoch or known[VERSION] ~= version then answer = 'again'
  else
    redis.call('ZADD', s, ms(now), room)
    filters[known[FILTER]] = true
  end
  answers[#answers + 1] = answer
end
for filter in pairs(filters) do renew_filter(filter) end
renew()
return answers
