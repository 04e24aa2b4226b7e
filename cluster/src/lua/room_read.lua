-- Answers {epoch, node, incarnation, shard, name, time of creation}, or nil.
local known = read()
if known[1] then return known end
return false
