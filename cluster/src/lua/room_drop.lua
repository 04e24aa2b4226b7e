-- The room has ended, or a recoverer found nothing to restore it from. ARGV: epoch or '' for any,
-- node, incarnation of its owner. Answers 1 if it was the owner's.
local known = read()
if known[1] and (ARGV[1] == '' or known[1] == ARGV[1]) and is_owner(known, ARGV[2], ARGV[3]) then
  return redis.call('DEL', key)
end
return 0
