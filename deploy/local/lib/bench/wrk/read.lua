-- GET /v1/referrals/{id}: one of the stored ones, whose ids are numbered (web-seed.sql).
dofile(os.getenv("BENCH_WRK") .. "/request.lua")
dofile(os.getenv("BENCH_WRK") .. "/report.lua")
local stored = 1

function init(args)
    headers = begin(args)
    stored = tonumber(args[2])
end

function request()
    local path = string.format("/v1/referrals/01900000-0000-7000-8000-%012x", math.random(1, stored))
    return wrk.format("GET", path, headers)
end
