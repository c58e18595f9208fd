-- Puts ten messages, gets ten and deletes them, over and over: one connection a thread, since the steps follow
-- each other. $KIND says whether the server speaks as Queue does (oci) or as SQS (aws); $BODY is the file with
-- the messages, and $QUEUE the URL of an SQS queue.

local file = assert(io.open(os.getenv("BODY"), "rb"))
local messages = file:read("*a")
file:close()

local json = { ["Content-Type"] = "application/json" }

local function oci(path)
    return {
        put = function() return wrk.format("POST", path, json, messages) end,
        get = function() return wrk.format("GET", path .. "?limit=10&timeoutInSeconds=0") end,
        receipt = '"receipt":"([^"]+)"',
        delete = function(receipts)
            local entries = '{"receipt":"' .. table.concat(receipts, '"},{"receipt":"') .. '"}'
            local target = path:gsub("/messages$", "/messages/actions/deleteMessages")
            return wrk.format("POST", target, json, '{"entries":[' .. entries .. "]}")
        end,
    }
end

local function aws(queue)
    local function call(action, body)
        local headers = {
            ["Content-Type"] = "application/x-amz-json-1.0",
            ["X-Amz-Target"] = "AmazonSQS." .. action,
            ["Authorization"] = os.getenv("SIGNED"),
        }
        return wrk.format("POST", "/", headers, body)
    end
    return {
        put = function() return call("SendMessageBatch", messages) end,
        get = function()
            return call("ReceiveMessage", '{"QueueUrl":"' .. queue .. '","MaxNumberOfMessages":10}')
        end,
        receipt = '"ReceiptHandle":"([^"]+)"',
        delete = function(receipts)
            local entries = {}
            for index, receipt in ipairs(receipts) do
                entries[index] = '{"Id":"' .. index .. '","ReceiptHandle":"' .. receipt .. '"}'
            end
            entries = table.concat(entries, ",")
            return call("DeleteMessageBatch", '{"QueueUrl":"' .. queue .. '","Entries":[' .. entries .. "]}")
        end,
    }
end

local kind, step, receipts
deleted = 0

function request()
    if not kind then
        -- The path is known only now.
        kind = os.getenv("KIND") == "oci" and oci(wrk.path) or aws(os.getenv("QUEUE"))
        step = "put"
    end
    return kind[step](receipts)
end

function response(status, _, body)
    if status ~= 200 then
        return
    end
    if step == "put" then
        step = "get"
    elseif step == "get" then
        receipts = {}
        for receipt in body:gmatch(kind.receipt) do
            receipts[#receipts + 1] = receipt
        end
        step = #receipts > 0 and "delete" or "put"
    else
        deleted = deleted + #receipts
        step = "put"
    end
end

local threads = {}

function setup(thread)
    threads[#threads + 1] = thread
end

function done(summary)
    local all = 0
    for _, thread in ipairs(threads) do
        all = all + thread:get("deleted")
    end
    local errors = summary.errors
    local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
    print(string.format("%.0f messages/s, %d failed", all / (summary.duration / 1e6), failed))
end
