-- POST /v1/referrals: each about another person.
dofile(os.getenv("BENCH_WRK") .. "/request.lua")
dofile(os.getenv("BENCH_WRK") .. "/report.lua")
dofile(os.getenv("BENCH_WRK") .. "/names.lua")
local number, run = 0, ""

function init(args)
    headers = begin(args)
    run = string.format("%x%x", os.time(), math.random(0, 0xffff))
end

function request()
    number = number + 1
    local body = string.format(
        '{"setting":"emergency-department","priority":"routine","callback":"+1 212 555 %04d","languages":["en","es"],'
            .. '"person":{"givenName":"%s","familyName":"%s%s%x","birthDate":"19%02d-%02d-%02d","phone":"+1212%07d",'
            .. '"phoneIsSafe":true,"identifiers":[{"system":"urn:bench:mrn","value":"%s-%d"}]}}',
        math.random(0, 9999), given_name(), family_name(), run, number,
        math.random(40, 99), math.random(1, 12), math.random(1, 28), math.random(0, 9999999), run, number)
    return wrk.format("POST", "/v1/referrals", headers, body)
end
