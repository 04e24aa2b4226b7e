-- Finds an open room and holds a seat in it, or gives out the ticket to create one.
-- ARGV: filter, order, hold, hold ms, ticket or '' to create none, ticket ms, excluded rooms…
-- Answers {what, expired holds, record}; what = room, none, create, wait, or again: the order is new
-- here, and some rooms are still to be put into it.
local filter, order, hold, hold_ms = redis.sha1hex(ARGV[1]), ARGV[2], ARGV[3], tonumber(ARGV[4])
local ticket, ticket_ms = ARGV[5], ARGV[6]
local excluded = {}
for i = 7, #ARGV do excluded[ARGV[i]] = true end

local PAGE, PAGES_MAX, EXPIRED_MAX = 16, 16, 16
local LEARNT_MAX = 256 -- rooms per call: some 2 ms in which nobody else is served
local expired = expire_holds(EXPIRED_MAX)
local orders = base .. 'q:' .. filter

-- From now on owners keep the order; the rooms that are there are yet to be put into it.
local function begin_order()
  if redis.call('EXISTS', base .. 'r:' .. filter) == 0 then return end
  if redis.call('ZCARD', orders) >= ORDERS_MAX then
    forget_order(filter, redis.call('ZPOPMIN', orders)[1])
  end
  forget_order(filter, order)
  redis.call('ZADD', orders, ms(now), order)
  redis.call('PEXPIRE', orders, ORDERS_LIFE_MS)
  redis.call('SUNIONSTORE', learning_key(filter, order), base .. 'r:' .. filter)
  redis.call('PEXPIRE', learning_key(filter, order), LIFE_MS)
end

-- Puts some rooms into the order. Whether all are.
local function learn()
  local rooms = redis.call('SPOP', learning_key(filter, order), LEARNT_MAX)
  for _, room in ipairs(rooms) do
    local entry = entry_of(room)
    if entry and entry[INDEXED] >= 0 then add_to_order(order, room, entry) end
  end
  return #rooms < LEARNT_MAX or redis.call('EXISTS', learning_key(filter, order)) == 0
end

if redis.call('ZSCORE', orders, order) then redis.call('ZADD', orders, ms(now), order)
else begin_order() end
if not learn() then return { 'again', expired } end

-- The record, if the room is what the index says; else the room is put where it belongs.
local function open_record(room, member)
  local entry, record = entry_of(room), redis.call('HGET', h, room)
  if not entry or not record then
    redis.call('ZREM', order_key(filter, order), member)
    return
  end
  if tonumber(redis.call('ZSCORE', s, room) or 0) < now - STALE_MS then
    remove(room, entry)
    return
  end
  if entry[CLIENTS] + held(room) >= entry[MAX] or entry[OPEN] ~= 1 then
    reindex(room, entry)
    return
  end
  return entry, record
end

local function take(room, entry)
  local holds = base .. 'w:' .. room
  redis.call('ZADD', holds, ms(now + hold_ms), hold)
  redis.call('PEXPIRE', holds, ms(LIFE_MS + hold_ms))
  redis.call('ZADD', x, 'LT', ms(now + hold_ms), room)
  redis.call('PEXPIRE', x, ms(LIFE_MS + hold_ms))
  reindex(room, entry)
end

local passed = 0
for _ = 1, PAGES_MAX do
  local members = redis.call('ZRANGEBYLEX', order_key(filter, order), '-', '+', 'LIMIT', passed, PAGE)
  for _, member in ipairs(members) do
    local room = string.sub(member, -ROOM_LEN)
    if excluded[room] then passed = passed + 1
    else
      local entry, record = open_record(room, member)
      if entry then
        take(room, entry)
        return { 'room', expired, record }
      end
    end
  end
  if #members < PAGE then break end
end

if ticket == '' then return { 'none', expired } end
local key = base .. 'm:' .. filter
-- Asked again with the same ticket after a lost answer: it is this request's.
if redis.call('SET', key, ticket, 'NX', 'PX', ticket_ms) or redis.call('GET', key) == ticket then
  return { 'create', expired }
end
return { 'wait', expired }
