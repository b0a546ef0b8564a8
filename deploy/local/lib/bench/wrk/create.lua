-- POST /v1/referrals: each about another person.
dofile(os.getenv("BENCH_WRK") .. "/request.lua")
dofile(os.getenv("BENCH_WRK") .. "/report.lua")
local given = { "Ada", "Ben", "Cora", "Dario", "Eve", "Femi", "Gus", "Hana", "Ivan", "June" }
-- Names that sound as different as people's do: who sounds alike is compared.
local sounds = { "ba", "ce", "di", "fo", "gu", "la", "me", "ni", "ro", "tu", "va", "xe" }
local number, run = 0, ""

local function family(of)
    local name = "N"
    for _ = 1, 5 do
        name = name .. sounds[of % #sounds + 1]
        of = math.floor(of / #sounds)
    end
    return name
end

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
        math.random(0, 9999), given[math.random(1, 10)], family(math.random(0, 248831)), run, number,
        math.random(40, 99), math.random(1, 12), math.random(1, 28), math.random(0, 9999999), run, number)
    return wrk.format("POST", "/v1/referrals", headers, body)
end
