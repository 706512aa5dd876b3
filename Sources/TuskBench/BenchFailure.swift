/// Why a benchmark has no figures although the database did what it was asked to.
package struct BenchFailure: Error, CustomStringConvertible {
    /// What went wrong, as part of a sentence.
    package let description: String

    init(_ description: String) {
        self.description = description
    }
}
