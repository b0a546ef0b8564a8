/// Numbers that look random and are the same for the same seed (SplitMix64).
struct SeededRandom: RandomNumberGenerator {
    private var state: UInt64

    init(seed: UInt64) {
        state = seed
    }

    /// A source of its own for one part of the whole, so that a change in one part leaves the others as they were.
    func part(_ number: Int, of kind: UInt64) -> SeededRandom {
        var mixed = SeededRandom(seed: state ^ (kind &* 0x9E37_79B9_7F4A_7C15) ^ UInt64(truncatingIfNeeded: number))
        return SeededRandom(seed: mixed.next())
    }

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }

    /// True so many times in a hundred.
    mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &self) < percent }

    /// One of the list, as often as its share says. The list is not empty.
    mutating func pick<Choice: Weighted>(_ choices: [Choice]) -> Choice {
        var rest = Int.random(in: 0..<choices.reduce(0) { $0 + $1.share }, using: &self)
        for choice in choices.dropLast() {
            if rest < choice.share { return choice }
            rest -= choice.share
        }
        return choices[choices.count - 1]
    }

    /// One of the list, each as often as any other. The list is not empty.
    mutating func pick<Choice>(_ choices: [Choice]) -> Choice {
        choices[Int.random(in: choices.indices, using: &self)]
    }
}
