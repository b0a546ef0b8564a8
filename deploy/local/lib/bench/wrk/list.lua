-- GET /v1/referrals: the latest 50.
dofile(os.getenv("BENCH_WRK") .. "/request.lua")
dofile(os.getenv("BENCH_WRK") .. "/report.lua")

function init(args) headers = begin(args) end

function request() return wrk.format("GET", "/v1/referrals?limit=50", headers) end
