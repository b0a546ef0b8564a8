/// How alike two names are, from 0 to 1 (Winkler 1990): the letters that they share at nearly the same place, less those
/// out of order, and more for the same beginning, where people mistype least.
public enum JaroWinkler {
    /// 1 for equal texts, 0 for texts without a common letter or an empty one.
    public static func similarity(_ left: String, _ right: String) -> Double {
        let (a, b) = (Array(left.unicodeScalars), Array(right.unicodeScalars))
        guard !a.isEmpty, !b.isEmpty else { return 0 }
        if a == b { return 1 }
        let jaro = jaro(a, b)
        let prefix = zip(a, b).prefix(4).prefix { $0 == $1 }.count
        return jaro + Double(prefix) * 0.1 * (1 - jaro)
    }

    private static func jaro(_ a: [Unicode.Scalar], _ b: [Unicode.Scalar]) -> Double {
        let reach = max(0, max(a.count, b.count) / 2 - 1)
        var taken = [Bool](repeating: false, count: b.count)
        var (inA, inB): ([Unicode.Scalar], [Unicode.Scalar]) = ([], [])
        for (index, letter) in a.enumerated() {
            let window = max(0, index - reach)..<max(max(0, index - reach), min(b.count, index + reach + 1))
            guard let place = window.first(where: { !taken[$0] && b[$0] == letter }) else { continue }
            taken[place] = true
            inA.append(letter)
        }
        guard !inA.isEmpty else { return 0 }
        for (index, letter) in b.enumerated() where taken[index] { inB.append(letter) }
        let common = Double(inA.count)
        let outOfOrder = Double(zip(inA, inB).count { $0 != $1 }) / 2
        return (common / Double(a.count) + common / Double(b.count) + (common - outOfOrder) / common) / 3
    }
}
