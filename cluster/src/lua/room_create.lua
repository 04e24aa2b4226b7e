-- The creator's first word. ARGV: node, incarnation, shard, name.
-- Answers {1, epoch, time of creation}, or {0, epoch, node, incarnation} if another owns it.
local known = read()
if known[1] and is_owner(known, ARGV[1], ARGV[2]) then return { 1, known[1], known[6] } end
if known[1] then return { 0, known[1], known[2], known[3] } end
-- Ids are unique: nobody had the room before.
local epoch, born = '1', string.format('%.0f', now)
write({ epoch, ARGV[1], ARGV[2], ARGV[3], ARGV[4], born })
return { 1, epoch, born }
