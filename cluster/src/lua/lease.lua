#!lua flags=allow-oom
-- One copy of the table of nodes: who holds a lease, who was declared dead and by whom.
--
-- KEYS[1] hash  <node>.<incarnation> -> expiry|standing|claimant|round|about
--               standing: up, left (released by its node), dead. claimant and round of a dead one:
--               who declared it so, in which of its attempts.
-- KEYS[2] hash  clk (the table's time, ms), off (what it is ahead of TIME), born, grace, ver, srv,
--               due (nobody's lease ends before), long and short (leases that nodes asked for)
-- ARGV    verb lease_ms ttl_ms member ...
-- reply   {outcome, now, born, ver, detail, round, late, members}
--
-- That a member is absent proves nothing. The time to live bounds memory after the last node left.
local nodes, clock = KEYS[1], KEYS[2]
local verb, lease, ttl = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local MEMBERS_MAX = 1024
local NEVER = 9007199254740991

local function whole(n) return string.format('%.0f', n) end

-- The table's time: TIME, but it never steps back and counts a step back of TIME as no time at all.
local c = redis.call('HMGET', clock, 'clk', 'off', 'born', 'grace', 'ver', 'srv', 'due', 'long', 'short')
local server = string.match(redis.call('INFO', 'server'), 'run_id:(%x+)') or ''
local time = redis.call('TIME')
local wall = time[1] * 1000 + math.floor(time[2] / 1000)
local clk, off = tonumber(c[1]), tonumber(c[2] or 0)
local born, grace, version = tonumber(c[3] or 0), tonumber(c[4] or 0), tonumber(c[5] or 0)
local due = tonumber(c[7] or NEVER)
local long = math.max(tonumber(c[8] or 0), lease)
local short = math.min(tonumber(c[9] or NEVER), lease)
local now = wall + off

-- A change of the table. Rises with time too, for a failover may lose the last numbers.
local function touch() version = math.max(version + 1, now) end

if not clk then
  born, grace = now, now + long
  touch()
else
  local ahead = now - clk
  if ahead < 0 then off, now = off - ahead, clk end
  if ahead * 3 > short or c[6] ~= server then grace = now + long end
end

-- Two masters of one failover may have given the same number to different lists.
local function edition() return whole(version) .. '.' .. string.sub(server, 1, 8) end

local function split(text)
  local expiry, standing, claimant, round, about =
    string.match(text, '^(%d+)|(%a+)|([^|]*)|([^|]*)|(.*)$')
  return { expiry = tonumber(expiry), standing = standing, claimant = claimant, round = round, about = about }
end
local function read(member)
  local text = redis.call('HGET', nodes, member)
  return text and split(text)
end
local function write(member, m)
  if m.standing == 'up' then due = math.min(due, m.expiry) end
  redis.call('HSET', nodes, member,
    table.concat({ whole(m.expiry), m.standing, m.claimant, m.round, m.about }, '|'))
end

-- Whose lease ended (not in a time of grace) or was released; nobody needs to look before `due`.
local function late()
  local found = {}
  if now <= due then return found end
  local soonest = NEVER
  local all = redis.call('HGETALL', nodes)
  for i = 1, #all, 2 do
    local m = split(all[i + 1])
    if m.standing == 'left' or m.standing == 'up' then
      soonest = math.min(soonest, m.expiry)
      if m.standing == 'left' or (m.expiry < now and now >= grace) then found[#found + 1] = all[i] end
    end
  end
  due = soonest
  return found
end

local function done(outcome, detail, round, seen)
  local ended, members = {}, false
  if seen then
    ended = late()
    if seen ~= edition() then members = redis.call('HGETALL', nodes) end
  end
  redis.call('HSET', clock, 'clk', whole(now), 'off', whole(off), 'born', whole(born),
    'grace', whole(grace), 'ver', whole(version), 'srv', server, 'due', whole(due),
    'long', whole(long), 'short', whole(short))
  redis.call('PEXPIRE', clock, ttl)
  redis.call('PEXPIRE', nodes, ttl)
  return { outcome, whole(now), whole(born), edition(), detail or '', round or '', ended, members }
end

local verbs = {}

-- seen
function verbs.look() return done('DONE', nil, nil, ARGV[4]) end

-- member seen create about
function verbs.renew()
  local member, seen, create, about = ARGV[4], ARGV[5], ARGV[6], ARGV[7]
  local m = read(member)
  if not m then
    if create ~= '1' then return done('GONE', nil, nil, seen) end
    if redis.call('HLEN', nodes) >= MEMBERS_MAX then return done('FULL', nil, nil, seen) end
  elseif m.standing ~= 'up' then
    return done('DEAD', m.claimant, m.round, seen)
  end
  if not m or m.about ~= about then touch() end
  write(member, { expiry = now + lease, standing = 'up', claimant = '', round = '', about = about })
  return done('GRANTED', whole(now + lease), nil, seen)
end

-- member by round attested heir
function verbs.declare()
  local member, by, round, attested, heir = ARGV[4], ARGV[5], ARGV[6], ARGV[7], ARGV[8]
  local claimant = read(by)
  if not claimant or claimant.standing ~= 'up' or claimant.expiry < now then return done('STRANGER') end
  local m = read(member)
  if not m then return done('ABSENT') end
  if m.standing == 'up' and attested ~= '1' and (m.expiry >= now or now < grace) then
    return done('ALIVE', whole(m.expiry))
  end
  local mine = m.claimant == by
  if m.standing == 'dead' and m.claimant ~= '' and not mine and m.claimant ~= heir then
    return done('TAKEN', m.claimant, m.round)
  end
  if mine and tonumber(m.round) > tonumber(round) then round = m.round end
  if m.standing ~= 'dead' or m.claimant ~= by or m.round ~= round then touch() end
  m.standing, m.claimant, m.round = 'dead', by, round
  write(member, m)
  return done('CLAIMED', by, round)
end

-- member by round: it lives again, for one lease at least
function verbs.unclaim()
  local member, by, round = ARGV[4], ARGV[5], ARGV[6]
  local m = read(member)
  if not m or m.standing ~= 'dead' or m.claimant ~= by or m.round ~= round then return done('KEPT') end
  m.standing, m.claimant, m.round, m.expiry = 'up', '', '', now + long
  touch()
  write(member, m)
  return done('DONE')
end

-- member by: refused while another is dead in its name, for then its heirs must be known
function verbs.forget()
  local member, by = ARGV[4], ARGV[5]
  local m = read(member)
  if not m then return done('DONE') end
  if m.standing ~= 'dead' or m.claimant ~= by then return done('KEPT') end
  local all = redis.call('HGETALL', nodes)
  for i = 1, #all, 2 do
    local other = split(all[i + 1])
    if other.standing == 'dead' and other.claimant == member then return done('KEPT') end
  end
  redis.call('HDEL', nodes, member)
  touch()
  return done('DONE')
end

-- member
function verbs.leave()
  local m = read(ARGV[4])
  if not m or m.standing ~= 'up' then return done('KEPT') end
  m.standing, m.expiry = 'left', 0
  due = 0
  touch()
  write(ARGV[4], m)
  return done('DONE')
end

local run = verbs[verb]
if not run then return redis.error_reply('ERR lease: no verb `' .. tostring(verb) .. '`') end
return run()
