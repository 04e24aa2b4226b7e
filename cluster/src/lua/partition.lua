-- What all scripts of a listing partition begin with. A partition has all rooms of one name.
-- KEYS[1] is its listing; all other keys are named after it and share its hash tag:
--   h            room -> record as JSON, opaque here
--   f            room -> entry, see below
--   s            rooms by the time (ms) of the owner's last word on them
--   a            all rooms by age: members <time of creation><room>, scores 0
--   r:<filter>   the rooms of one filter
--   q:<filter>   the orders in use, by the time (ms) of their last use
--   o:<filter>:<order>  open rooms: members <rank><room>, scores 0, so that bytes decide
--   l:<filter>:<order>  rooms that were there before the order, and are to be put into it
--   w:<room>     holds by the time (ms) they end
--   x            rooms with holds, by a time not after the first of those ends
--   m:<filter>   the ticket of who creates a room; ends by itself
-- <filter> and <order> are SHA-1 of their text. Time is this server's alone. Every key has a TTL
-- that owners renew; removing the last room of a filter or name removes its keys at once.
local h = KEYS[1]
local base = string.sub(h, 1, -2)
local f, s, a, x = base .. 'f', base .. 's', base .. 'a', base .. 'x'

local LIFE_MS = 90000        -- of keys: three times STALE_MS
local ORDERS_LIFE_MS = 60000 -- an order is forgotten before its index is, never the other way round
local STALE_MS = 30000       -- without a word of its owner a room is forgotten
local ORDERS_MAX = 8         -- per filter; the one unused for longest gives way, and is built anew
local ROOM_LEN = 13

-- Fields of an entry.
local EPOCH, VERSION, OWNER, CLIENTS, MAX, OPEN, FILTER, BORN, VALUES, INDEXED =
  1, 2, 3, 4, 5, 6, 7, 8, 9, 10

local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)

local function ms(number) return string.format('%.0f', number) end

local function entry_of(room)
  local packed = redis.call('HGET', f, room)
  return packed and cmsgpack.unpack(packed)
end

local function store(room, entry) redis.call('HSET', f, room, cmsgpack.pack(entry)) end

local function held(room) return redis.call('ZCARD', base .. 'w:' .. room) end

local function order_key(filter, order) return base .. 'o:' .. filter .. ':' .. redis.sha1hex(order) end

local function learning_key(filter, order) return base .. 'l:' .. filter .. ':' .. redis.sha1hex(order) end

local function forget_order(filter, order)
  redis.call('DEL', order_key(filter, order), learning_key(filter, order))
end

local function orders_of(filter) return redis.call('ZRANGE', base .. 'q:' .. filter, 0, -1) end

local function inverted(text)
  return (string.gsub(text, '.', function(byte) return string.char(255 - string.byte(byte)) end))
end

-- An order is a list of <a or d><length>:<name of a value>; see rank.rs, which makes both.
local function rank(order, room, entry, taken)
  local places, at = {}, 1
  while at <= #order do
    local _, last, direction, length = string.find(order, '^([ad])(%d+):', at)
    local name = string.sub(order, last + 1, last + length)
    at = last + length + 1
    local value = entry[VALUES][name]
    if name == 't' then value = string.format('2%016x', taken) end
    if not value then places[#places + 1] = 'z'
    elseif direction == 'a' then places[#places + 1] = 'a' .. value
    else places[#places + 1] = 'd' .. inverted(value) end
  end
  return table.concat(places) .. entry[BORN] .. room
end

-- Takes a room out of all orders, where it stands with the seats that were taken at that time.
local function unindex(room, entry)
  if entry[INDEXED] < 0 then return end
  for _, order in ipairs(orders_of(entry[FILTER])) do
    redis.call('ZREM', order_key(entry[FILTER], order), rank(order, room, entry, entry[INDEXED]))
  end
  entry[INDEXED] = -1
end

local function add_to_order(order, room, entry)
  local key = order_key(entry[FILTER], order)
  redis.call('ZADD', key, 0, rank(order, room, entry, entry[INDEXED]))
  redis.call('PEXPIRE', key, LIFE_MS)
end

-- Puts a room that is in no order where it belongs, and keeps its entry.
local function index(room, entry)
  local taken = entry[CLIENTS] + held(room)
  if entry[OPEN] == 1 and taken < entry[MAX] then
    entry[INDEXED] = taken
    for _, order in ipairs(orders_of(entry[FILTER])) do add_to_order(order, room, entry) end
  end
  store(room, entry)
end

local function reindex(room, entry)
  unindex(room, entry)
  index(room, entry)
end

-- Takes a room out of its filter; the filter's keys go with its last room.
local function leave_filter(room, filter)
  redis.call('SREM', base .. 'r:' .. filter, room)
  if redis.call('EXISTS', base .. 'r:' .. filter) == 1 then return end
  for _, order in ipairs(orders_of(filter)) do forget_order(filter, order) end
  redis.call('DEL', base .. 'q:' .. filter)
end

local function renew_filter(filter)
  redis.call('PEXPIRE', base .. 'r:' .. filter, LIFE_MS)
  for _, order in ipairs(orders_of(filter)) do
    redis.call('PEXPIRE', order_key(filter, order), LIFE_MS)
    redis.call('PEXPIRE', learning_key(filter, order), LIFE_MS)
  end
  redis.call('PEXPIRE', base .. 'q:' .. filter, ORDERS_LIFE_MS)
end

local function renew()
  for _, key in ipairs({ h, f, s, a }) do redis.call('PEXPIRE', key, LIFE_MS) end
end

local function remove(room, entry)
  unindex(room, entry)
  leave_filter(room, entry[FILTER])
  redis.call('HDEL', h, room)
  redis.call('HDEL', f, room)
  redis.call('ZREM', s, room)
  redis.call('ZREM', a, entry[BORN] .. room)
  redis.call('ZREM', x, room)
  redis.call('DEL', base .. 'w:' .. room)
end

-- Ends holds by their ids. How many there were.
local function end_holds(room, holds)
  local ended = 0
  for _, hold in ipairs(holds) do ended = ended + redis.call('ZREM', base .. 'w:' .. room, hold) end
  if held(room) == 0 then redis.call('ZREM', x, room) end
  return ended
end

-- Ends the holds of at most `most` rooms whose time is over. How many there were.
local function expire_holds(most)
  local expired = 0
  for _, room in ipairs(redis.call('ZRANGEBYSCORE', x, '-inf', ms(now), 'LIMIT', 0, most)) do
    local holds = base .. 'w:' .. room
    expired = expired + redis.call('ZREMRANGEBYSCORE', holds, '-inf', ms(now))
    local first = redis.call('ZRANGE', holds, 0, 0, 'WITHSCORES')
    if first[2] then redis.call('ZADD', x, first[2], room) else redis.call('ZREM', x, room) end
    local entry = entry_of(room)
    if entry then reindex(room, entry) end
  end
  return expired
end

local function finish(filter_text, ticket)
  local key = base .. 'm:' .. redis.sha1hex(filter_text)
  if redis.call('GET', key) == ticket then return redis.call('DEL', key) end
  return 0
end

-- Whether an owner's word of this epoch counts against what is known of the room.
local function is_fenced(entry, epoch, owner)
  if not entry then return false end
  local known, said = tonumber(entry[EPOCH]), tonumber(epoch)
  return said < known or (said == known and owner ~= entry[OWNER])
end
