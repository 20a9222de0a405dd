-- Generates the requests of the benchmark in wrk. Reads BATCH (events per request), MIX, RUN (prefix of the ids) and
-- PREFER (the header Prefer, or nothing) from the environment.
--   new         every event has a unique key
--   random      every event has a unique key, with ids in random order, like UUIDs
--   duplicates  all requests are identical
--   conflicts   one event in twenty has the key of an earlier one and another payload
-- A body joins prepared pieces with the prefix of the request, which needs little CPU. Random ids need more CPU, which
-- `generator CPU` shows.
local batch = tonumber(os.getenv("BATCH"))
local mix = os.getenv("MIX")
local run = os.getenv("RUN")
local TOPICS = 10
local number = 0
math.randomseed(os.time())

local function event(topic, index)
  return '"topic":"topic-' .. topic .. '","timestamp":"2026-01-31T12:00:00.000Z","source":"bench","payload":{"user":'
    .. index .. ',"action":"login","ip":"10.0.0.1","tags":["a","b"]}}'
end

local function piecesFrom(firstTopic)
  local pieces = { (batch == 1 and '' or '[') .. '{"event_id":"' }
  for index = 1, batch do
    local piece = '-' .. index .. '",' .. event((firstTopic + index) % TOPICS, index)
    if mix == "conflicts" and index % 20 == 0 then
      pieces[#pieces + 1] = piece .. ',{"event_id":"conflict-' .. index .. '","topic":"topic-0","timestamp":"2026-01-31T12:00:00.000Z","source":"bench","payload":{"user":"'
      piece = '"}}'
    end
    local last = index == batch
    pieces[#pieces + 1] = piece .. (last and (batch == 1 and '' or ']') or ',{"event_id":"')
  end
  return pieces
end

local prepared = {}
for topic = 0, TOPICS - 1 do prepared[topic] = piecesFrom(topic) end

local function joinRandom(pieces, prefix)
  local parts = { pieces[1] }
  for index = 2, #pieces do
    parts[#parts + 1] = string.format("%04x%04x-", math.random(0, 0xffff), math.random(0, 0xffff)) .. prefix
    parts[#parts + 1] = pieces[index]
  end
  return table.concat(parts)
end

local headers = { ["content-type"] = "application/json" }
if os.getenv("PREFER") ~= "" then headers["prefer"] = os.getenv("PREFER") end

function request()
  number = number + 1
  local prefix = run .. "-" .. number
  local pieces = prepared[number % TOPICS]
  local body
  if mix == "duplicates" then body = table.concat(prepared[0], "same")
  elseif mix == "random" then body = joinRandom(pieces, prefix)
  else body = table.concat(pieces, prefix) end
  return wrk.format("POST", "/publish", headers, body)
end
