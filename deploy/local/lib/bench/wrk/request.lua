-- What all requests carry: a coordinator's token. Arguments: its file, and how many referrals are stored.
function begin(args)
    local file = assert(io.open(args[1]))
    local headers = { ["Authorization"] = "Bearer " .. file:read("l"), ["Content-Type"] = "application/json" }
    file:close()
    math.randomseed(os.time())
    return headers
end
