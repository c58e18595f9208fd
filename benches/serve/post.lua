-- Posts the file $BODY with the headers in $HEADERS, one `Name: value` a line.
local file = assert(io.open(os.getenv("BODY"), "rb"))
wrk.method = "POST"
wrk.body = file:read("*a")
file:close()
for name, value in os.getenv("HEADERS"):gmatch("([^:\n]+): ([^\n]+)") do
    wrk.headers[name] = value
end

function done(summary)
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    local seconds = summary.duration / 1e6
    print(string.format("%.0f requests/s, %d failed", summary.requests / seconds, failed))
end
