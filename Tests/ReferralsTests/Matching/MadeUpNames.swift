import TestKit

/// Names for made-up people. Some are in no table of the program, and some of those are each other's neighbours: the
/// figures must not depend on the program knowing every name.
enum MadeUpNames {
    /// The most frequent first; the n-th is drawn with the weight 1/(n+5).
    static let family = [
        "Smith", "Johnson", "Williams", "Brown", "Jones", "Garcia", "Miller", "Davis", "Rodriguez", "Martinez",
        "Hernandez", "Lopez", "Gonzalez", "Wilson", "Anderson", "Thomas", "Taylor", "Moore", "Jackson", "Martin", "Lee",
        "Perez", "Thompson", "White", "Harris", "Sanchez", "Clark", "Ramirez", "Lewis", "Robinson", "Walker", "Young",
        "Allen", "King", "Wright", "Scott", "Torres", "Nguyen", "Hill", "Flores", "Green", "Adams", "Nelson", "Baker",
        "Hall", "Rivera", "Campbell", "Mitchell", "Carter", "O'Brien", "De La Cruz", "Delgado", "Kowalski", "Stein",
        "Stern", "Marino", "Moreno", "Patel", "Pagan", "Colon", "Schaeffer", "Shaffer", "Haynes", "Hynes", "Larkin",
        "Larsen", "Osei", "Okafor", "Okoro", "Petrov", "Petrova", "Rossi", "Russo", "Esposito", "Espinosa", "Quigley",
        "Vaughn", "Vaughan", "Whitaker", "Whittaker", "Zamora", "Zapata", "Abreu", "Acosta", "Bianchi", "Bennett",
        "Benitez", "Cabrera", "Camacho", "Desai", "Dupont", "Eriksen", "Eriksson", "Ferrara", "Ferrari", "Gallagher",
    ]
    static let women = [
        "Mary", "Maria", "Jennifer", "Linda", "Elizabeth", "Patricia", "Jessica", "Ashley", "Sarah", "Michelle",
        "Amanda",
        "Melissa", "Stephanie", "Nicole", "Christine", "Kimberly", "Rebecca", "Katherine", "Samantha", "Guadalupe",
        "Rosa", "Carmen", "Latoya", "Keisha", "Danielle", "Tiffany", "Crystal", "Heather", "Amber", "Brittany", "Marta",
        "Dolores", "Veronica", "Teresa", "Susan", "Margaret", "Deborah", "Alexandra", "Victoria", "Olga", "Ngozi",
        "Aisha",
        "Yesenia", "Marisela", "Marisa", "Siobhan", "Shanelle", "Shanell", "Tamika", "Tanisha", "Ewa", "Iwona",
    ]
    static let men = [
        "James", "John", "Robert", "Michael", "William", "David", "Richard", "Joseph", "Thomas", "Christopher",
        "Daniel",
        "Matthew", "Anthony", "Jose", "Juan", "Luis", "Carlos", "Jesus", "Francisco", "Steven", "Andrew", "Joshua",
        "Kevin", "Brian", "Jason", "Timothy", "Jeffrey", "Ryan", "Jacob", "Nicholas", "Eric", "Jonathan", "Benjamin",
        "Samuel", "Gregory", "Alexander", "Patrick", "Raymond", "Dennis", "Kenneth", "Marquis", "Marcus", "Jamal",
        "Jamar", "Darnell", "Darrell", "Piotr", "Tomasz", "Kwame", "Kofi", "Chidi", "Raheem", "Rahim", "Hakeem",
    ]
    /// What people are called. The last rows are in no table of the program.
    static let called: [String: [String]] = [
        "Mary": ["Molly", "Polly"], "Maria": ["Mari"], "Jennifer": ["Jen", "Jenny"],
        "Elizabeth": ["Liz", "Beth", "Betty"],
        "Patricia": ["Pat", "Trish"], "Jessica": ["Jess"], "Amanda": ["Mandy"], "Melissa": ["Missy"],
        "Stephanie": ["Steph"], "Nicole": ["Nikki"], "Christine": ["Chris", "Tina"], "Kimberly": ["Kim"],
        "Rebecca": ["Becky"], "Katherine": ["Kathy", "Kate", "Katie"], "Samantha": ["Sam"], "Guadalupe": ["Lupe"],
        "Danielle": ["Dani"], "Veronica": ["Vero"], "Teresa": ["Terry", "Tere"], "Susan": ["Sue"],
        "Margaret": ["Peggy", "Meg"], "Deborah": ["Debbie"], "Alexandra": ["Alex"], "Victoria": ["Vicky"],
        "James": ["Jim", "Jimmy"], "John": ["Jack", "Johnny"], "Robert": ["Bob", "Rob", "Bobby"], "Michael": ["Mike"],
        "William": ["Bill", "Will", "Billy"], "David": ["Dave"], "Richard": ["Rick", "Dick", "Rich"], "Joseph": ["Joe"],
        "Thomas": ["Tom"], "Christopher": ["Chris"], "Daniel": ["Dan", "Danny"], "Matthew": ["Matt"],
        "Anthony": ["Tony"],
        "Jose": ["Pepe"], "Juan": ["Juanito"], "Jesus": ["Chuy"], "Francisco": ["Paco", "Frank"], "Steven": ["Steve"],
        "Andrew": ["Andy", "Drew"], "Joshua": ["Josh"], "Timothy": ["Tim"], "Jeffrey": ["Jeff"], "Jacob": ["Jake"],
        "Nicholas": ["Nick"], "Eric": ["Rick"], "Jonathan": ["Jon"], "Benjamin": ["Ben"], "Samuel": ["Sam"],
        "Gregory": ["Greg"], "Alexander": ["Alex"], "Patrick": ["Pat"], "Raymond": ["Ray"], "Kenneth": ["Ken"],
        "Siobhan": ["Shiv"], "Marquis": ["Quis"], "Piotr": ["Piotrek"], "Tomasz": ["Tomek"], "Tamika": ["Mika"],
        "Darnell": ["Nell"], "Raheem": ["Ra"], "Shanelle": ["Nelle"],
    ]
    /// Names that parents give twins because they sound alike, some of them unknown to the program.
    static let twins = [
        ("Jaden", "Jayden"), ("Taylor", "Tyler"), ("Maria", "Mariah"), ("Shanelle", "Shanell"), ("Marisela", "Marisa"),
        ("Darnell", "Darrell"), ("Jamal", "Jamar"), ("Faith", "Hope"), ("Ethan", "Evan"), ("Ella", "Emma"),
        ("Daniel", "David"), ("Madison", "Morgan"), ("Tamara", "Tamika"), ("Kofi", "Kojo"), ("Kayden", "Kaylen"),
    ]

    private static let openings = [
        "Ab", "Bal", "Bran", "Cas", "Dom", "Del", "Esk", "Fal", "Fitz", "Gar", "Hol", "Ish", "Jur", "Kel", "Lind",
        "Mal",
        "Mor", "Nor", "Ost", "Pal", "Quar", "Rad", "Sil", "Ster", "Tar", "Ul", "Ver", "Wes", "Yar", "Zim",
    ]
    private static let middles = ["a", "e", "i", "o", "en", "er", "in", "on", "an", "ov", "el", "is"]
    private static let endings = [
        "berg", "dale", "field", "ford", "gren", "ham", "ing", "kin", "land", "ley", "man", "mont", "neau", "quist",
        "ridge", "sen", "ski", "stad", "ston", "tano", "vich", "well", "worth", "zuela",
    ]

    /// A family name: two in three are common ones.
    static func family(_ random: inout SeededGenerator) -> String {
        if Int.random(in: 0..<3, using: &random) > 0 { return frequent(family, &random) }
        return one(of: openings, &random) + one(of: middles, &random) + one(of: endings, &random)
    }

    static func given(female: Bool, _ random: inout SeededGenerator) -> String {
        if Int.random(in: 0..<10, using: &random) > 0 { return frequent(female ? women : men, &random) }
        return one(of: openings, &random) + (female ? "a" : "o")
    }

    static func one<Element>(of all: [Element], _ random: inout SeededGenerator) -> Element {
        all[Int.random(in: 0..<all.count, using: &random)]
    }

    private static func frequent(_ names: [String], _ random: inout SeededGenerator) -> String {
        let weights = names.indices.map { 1 / Double($0 + 5) }
        var point = Double.random(in: 0..<weights.reduce(0, +), using: &random)
        for (name, weight) in zip(names, weights) {
            point -= weight
            if point < 0 { return name }
        }
        return names[0]
    }
}
