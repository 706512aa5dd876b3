package import TuskCore
package import TuskStore

extension JSONWriter {
    /// Something that is wrong.
    package mutating func members(of finding: Finding) {
        member("severity", finding.severity.rawValue)
        member("finding", finding.word)
        member("message", finding.message)
        member("remedy", finding.remedy)
    }
}
