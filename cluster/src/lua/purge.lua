-- Forgets rooms of an incarnation that is dead, unless another has them by now. ARGV: owner, rooms…
-- Answers how many it forgot.
local purged = 0
for i = 2, #ARGV do
  local entry = entry_of(ARGV[i])
  if entry and entry[OWNER] == ARGV[1] then
    remove(ARGV[i], entry)
    purged = purged + 1
  end
end
return purged
