-- POST /v1/referrals: each about another person.
dofile(os.getenv("BENCH_WRK") .. "/request.lua")
dofile(os.getenv("BENCH_WRK") .. "/report.lua")
local given = {
    "Ada", "Ben", "Cora", "Dario", "Eve", "Femi", "Gus", "Hana", "Ivan", "June", "Kofi", "Lena", "Marco", "Noor", "Olga",
    "Pablo", "Quinn", "Rita", "Sven", "Tara", "Uma", "Victor", "Wanda", "Xenia", "Yusuf", "Zora",
}
local initials = { "B", "C", "D", "F", "G", "H", "K", "L", "M", "N", "P", "R", "S", "T", "V", "W" }
-- Names that sound as different as people's do: who sounds alike is compared.
local sounds = { "ba", "ce", "di", "fo", "gu", "la", "me", "ni", "ro", "tu", "va", "xe" }
local number, run = 0, ""

local function family(of)
    local name = initials[of % #initials + 1]
    of = math.floor(of / #initials)
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
        math.random(0, 9999), given[math.random(1, #given)], family(math.random(0, 3981311)), run, number,
        math.random(40, 99), math.random(1, 12), math.random(1, 28), math.random(0, 9999999), run, number)
    return wrk.format("POST", "/v1/referrals", headers, body)
end
