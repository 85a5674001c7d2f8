/// The candidate that a misspelt word most probably stands for.
///
/// - Returns: The first candidate with the fewest edits, if these are at most a third of the word's length
///   (two for short words); `nil` when none is that near.
/// - Complexity: O(candidates · m · n) for words of m and n characters.
package func nearestWord(to word: String, among candidates: [String]) -> String? {
    let longest = 64
    guard word.count <= longest else { return nil }
    let limit = max(2, word.count / 3)
    var best: (word: String, edits: Int)?
    for candidate in candidates {
        let edits = editDistance(Array(word.lowercased()), Array(candidate.lowercased()))
        // A suggestion that shares no character with the word would be noise.
        guard edits <= limit, edits < max(word.count, candidate.count) else { continue }
        if best.map({ edits < $0.edits }) ?? true { best = (candidate, edits) }
    }
    return best?.word
}

/// The optimal-string-alignment distance: insertions, deletions, substitutions and swaps of neighbours.
///
/// <https://en.wikipedia.org/wiki/Damerau–Levenshtein_distance>
/// - Complexity: O(m · n).
package func editDistance(_ first: [Character], _ second: [Character]) -> Int {
    var beforeLast: [Int] = []
    var last = Array(0...second.count)
    for i in first.indices {
        var row = [i + 1]
        for j in second.indices {
            var edits = min(last[j + 1] + 1, row[j] + 1, last[j] + (first[i] == second[j] ? 0 : 1))
            if i > 0, j > 0, first[i] == second[j - 1], first[i - 1] == second[j] {
                edits = min(edits, beforeLast[j - 1] + 1)
            }
            row.append(edits)
        }
        (beforeLast, last) = (last, row)
    }
    return last[second.count]
}
