-- Frees held seats of a room. ARGV: room, holds…
local room, holds = ARGV[1], {}
for i = 2, #ARGV do holds[#holds + 1] = ARGV[i] end
local ended = end_holds(room, holds)
local entry = entry_of(room)
if entry and ended > 0 then reindex(room, entry) end
return ended
