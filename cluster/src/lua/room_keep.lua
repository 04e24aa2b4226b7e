-- The owner's word that it still has the room. ARGV: epoch, node, incarnation, shard, name, born.
-- Writes what this server has lost. Answers {1, epoch, born}, or {0, epoch, node, incarnation} if
-- a later owner is known.
local known = read()
local known_epoch, epoch = tonumber(known[1] or 0), tonumber(ARGV[1])
if known_epoch > epoch or (known_epoch == epoch and not is_owner(known, ARGV[2], ARGV[3])) then
  return { 0, known[1], known[2], known[3] }
end
write(ARGV)
return { 1, ARGV[1], ARGV[6] }
