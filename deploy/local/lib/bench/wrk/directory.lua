-- GET /v1/directory/search near one of the 300 places around which directory-seed.sql puts entries: what people ask for.
dofile(os.getenv("BENCH_WRK") .. "/request.lua")
dofile(os.getenv("BENCH_WRK") .. "/report.lua")
local kinds = {
    "", "&kind=meeting", "&kind=service", "&fellowship=na", "&tag=wheelchair", "&openNow=true", "&opensWithin=180"
}

function init(args)
    headers = begin(args)
end

function request()
    local city = math.random(0, 299)
    local path = string.format(
        "/v1/directory/search?near=%.4f,%.4f&limit=20&zone=America/New_York%s",
        26 + city * 7919 % 2200 / 100 + math.random() * 0.2, -123 + city * 104729 % 5500 / 100 + math.random() * 0.2,
        kinds[math.random(#kinds)])
    return wrk.format("GET", path, headers)
end
