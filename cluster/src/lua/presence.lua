-- One write to a key of presence, and how long the key lives from then on.
--
-- KEYS[1]  the key
-- ARGV     operation, ms to live, '1' if each write renews that, the most elements of a key, operands
--
-- Answers what the operation is answered with; sums as text, for a number of Lua holds 53 bits.
local key, operation, ms, renews, most = KEYS[1], ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
local element, operand = ARGV[5], ARGV[6]

local function is_full(has, count)
  return redis.call(has, key, element) == 0 and redis.call(count, key) >= most
end

local answer
if operation == 'add' then
  if is_full('SISMEMBER', 'SCARD') then
    return redis.error_reply('TOOMANY members')
  end
  answer = redis.call('SADD', key, element)
elseif operation == 'put' then
  if is_full('HEXISTS', 'HLEN') then
    return redis.error_reply('TOOMANY fields')
  end
  answer = redis.call('HSET', key, element, operand)
elseif operation == 'increment_field' then
  if is_full('HEXISTS', 'HLEN') then
    return redis.error_reply('TOOMANY fields')
  end
  redis.call('HINCRBY', key, element, operand)
  answer = redis.call('HGET', key, element)
else
  redis.call('INCRBY', key, element)
  answer = redis.call('GET', key)
end

if renews == '1' then
  redis.call('PEXPIRE', key, ms)
else
  redis.call('PEXPIRE', key, ms, 'NX')
end
return answer
