-- POST /fhir: a transaction Bundle as Gravity's guide has it, each about another person.
dofile(os.getenv("BENCH_WRK") .. "/request.lua")
dofile(os.getenv("BENCH_WRK") .. "/report.lua")
dofile(os.getenv("BENCH_WRK") .. "/names.lua")
local number, run = 0, ""
local file = assert(io.open(os.getenv("BENCH_WRK") .. "/gravity.json"))
local template = file:read("a")
file:close()

function init(args)
    headers = begin(args)
    headers["Content-Type"] = "application/fhir+json"
    run = string.format("%x%x", os.time(), math.random(0, 0xffff))
end

function request()
    number = number + 1
    local values = {
        run = run, number = tostring(number), given = given_name(), family = family_name() .. run .. number,
        born = string.format("19%02d-%02d-%02d", math.random(40, 99), math.random(1, 12), math.random(1, 28)),
        phone = string.format("%07d", math.random(0, 9999999)),
    }
    return wrk.format("POST", "/fhir", headers, (template:gsub("@(%a+)@", values)))
end
