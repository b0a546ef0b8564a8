-- Names that sound as different as people's do: who sounds alike is compared.
local given = {
    "Ada", "Ben", "Cora", "Dario", "Eve", "Femi", "Gus", "Hana", "Ivan", "June", "Kofi", "Lena", "Marco", "Noor", "Olga",
    "Pablo", "Quinn", "Rita", "Sven", "Tara", "Uma", "Victor", "Wanda", "Xenia", "Yusuf", "Zora",
}
local initials = { "B", "C", "D", "F", "G", "H", "K", "L", "M", "N", "P", "R", "S", "T", "V", "W" }
local sounds = { "ba", "ce", "di", "fo", "gu", "la", "me", "ni", "ro", "tu", "va", "xe" }

function given_name()
    return given[math.random(1, #given)]
end

function family_name()
    local of = math.random(0, 3981311)
    local name = initials[of % #initials + 1]
    of = math.floor(of / #initials)
    for _ = 1, 5 do
        name = name .. sounds[of % #sounds + 1]
        of = math.floor(of / #sounds)
    end
    return name
end
