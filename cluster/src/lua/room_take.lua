-- Another takes over the room of a dead incarnation, or one that is handed over.
-- ARGV: from node, from incarnation, to node, to incarnation, shard, name.
-- Answers {1, epoch, time of creation}, or {0, epoch, node, incarnation} if a third has it.
local known = read()
local from = is_owner(known, ARGV[1], ARGV[2])
local mine = is_owner(known, ARGV[3], ARGV[4])
if known[1] and not from and not mine then return { 0, known[1], known[2], known[3] } end
local epoch = epoch_after(known[1])
local born = known[6] or epoch
write({ epoch, ARGV[3], ARGV[4], ARGV[5], ARGV[6], born })
return { 1, epoch, born }
