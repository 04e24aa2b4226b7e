-- Takes what owners say of their rooms, all values absolute.
-- ARGV: per room either
--   set, room, epoch, version, owner, clients, max, open (1 or 0), filter, time of creation, record,
--     ticket or '', its filter, n, n * hold, n, n * (name of value, value)
--   end, room, epoch, owner
-- Answers per room: ok, or old if a later owner or a later word is known.
local at = 1
local function next_argument()
  at = at + 1
  return ARGV[at - 1]
end

local function next_list(parts)
  local list = {}
  for _ = 1, tonumber(next_argument()) * parts do list[#list + 1] = next_argument() end
  return list
end

local function read_room()
  local room = next_argument()
  local entry = { [EPOCH] = next_argument(), [VERSION] = next_argument(), [OWNER] = next_argument() }
  entry[CLIENTS], entry[MAX] = tonumber(next_argument()), tonumber(next_argument())
  entry[OPEN], entry[FILTER] = tonumber(next_argument()), redis.sha1hex(next_argument())
  entry[BORN], entry[VALUES], entry[INDEXED] = next_argument(), {}, -1
  local record, ticket, ticket_filter = next_argument(), next_argument(), next_argument()
  local settled, values = next_list(1), next_list(2)
  for i = 1, #values, 2 do entry[VALUES][values[i]] = values[i + 1] end
  return room, entry, record, settled, ticket, ticket_filter
end

-- Within an epoch versions rise: a word that was held up somewhere changes nothing any more.
local function is_old(known, entry)
  if is_fenced(known, entry[EPOCH], entry[OWNER]) then return true end
  return known and known[EPOCH] == entry[EPOCH] and tonumber(entry[VERSION]) < tonumber(known[VERSION])
end

local function move(room, known, entry)
  if known and known[FILTER] ~= entry[FILTER] then leave_filter(room, known[FILTER]) end
  if known and known[BORN] ~= entry[BORN] then redis.call('ZREM', a, known[BORN] .. room) end
  redis.call('SADD', base .. 'r:' .. entry[FILTER], room)
  redis.call('ZADD', a, 0, entry[BORN] .. room)
  redis.call('ZADD', s, ms(now), room)
end

local function set()
  local room, entry, record, settled, ticket, ticket_filter = read_room()
  local known = entry_of(room)
  local ended = end_holds(room, settled)
  if ticket ~= '' then finish(ticket_filter, ticket) end
  if is_old(known, entry) then
    if ended > 0 then reindex(room, known) end
    return 'old'
  end
  if known then unindex(room, known) end
  move(room, known, entry)
  redis.call('HSET', h, room, record)
  index(room, entry)
  renew_filter(entry[FILTER])
  return 'ok'
end

local function withdraw()
  local room, epoch, owner = next_argument(), next_argument(), next_argument()
  local known = entry_of(room)
  if is_fenced(known, epoch, owner) then return 'old' end
  if known then remove(room, known) end
  return 'ok'
end

local answers = {}
while at <= #ARGV do
  if next_argument() == 'set' then answers[#answers + 1] = set()
  else answers[#answers + 1] = withdraw() end
end
renew()
return answers
