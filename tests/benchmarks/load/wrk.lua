-- Sends the prepared requests in turn and prints what was measured as one line of JSON.
-- The file holds each request as its length in bytes, a line end, and the bytes.
local requests, turn = {}, 0

function init(args)
  local file = assert(io.open(args[1], "rb"))
  local length = file:read("*l")
  while length do
    requests[#requests + 1] = file:read(tonumber(length))
    length = file:read("*l")
  end
  file:close()
end

function request()
  turn = turn % #requests + 1
  return requests[turn]
end

function done(summary, latency)
  local errors = summary.errors
  local failures = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format(
    '\n{"answers": %d, "seconds": %f, "failures": %d, "p50": %d, "p99": %d}\n',
    summary.requests, summary.duration / 1e6, failures,
    latency:percentile(50), latency:percentile(99)))
end
