-- One room's record, if there is one. ARGV: room.
return redis.call('HGET', h, ARGV[1])
