import TuskCore
import TuskHTTP

// What requests say in their path, their query and small bodies.

extension Call {
    /// The job that the path names.
    func jobID() throws(Problem) -> JobID {
        guard let text = request.parameters["id"], let id = JobID(text) else {
            let rule = "A job id is a whole number from 1 to 9223372036854775807, in decimal digits alone."
            throw .parameter("id", code: "invalid_id", rule)
        }
        return id
    }

    /// The name that the path has at `parameter`.
    func pathName<Name>(_ parameter: String, _ make: (String) -> Name?) throws(Problem) -> Name {
        guard let text = request.parameters[parameter], let name = make(text) else {
            throw .parameter(parameter, code: "invalid_name", "The name in the path \(NameRule.text).")
        }
        return name
    }

    /// The name that a parameter of the query has; nil without it.
    func queryName<Name>(_ parameter: String, _ make: (String) -> Name?) throws(Problem) -> Name? {
        guard let text = request.query[parameter] else { return nil }
        guard let name = make(text) else {
            throw .parameter(parameter, code: "invalid_name", "\(parameter) \(NameRule.text).")
        }
        return name
    }

    /// How many items a page has: 1...`max`.
    func pageSize(standard: Int, max: Int) throws(Problem) -> Int {
        try wholeNumber("page_size", in: 1...max) ?? standard
    }

    /// A whole number in a parameter; nil: it is not given.
    func wholeNumber(_ parameter: String, in range: ClosedRange<Int>) throws(Problem) -> Int? {
        guard let text = request.query[parameter] else { return nil }
        let isNumber = (1...9).contains(text.utf8.count) && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
        guard isNumber, let number = Int(text), range.contains(number) else {
            let rule = "must be a whole number from \(range.lowerBound) to \(range.upperBound)."
            throw .parameter(parameter, code: "out_of_range", "\(parameter) \(rule)")
        }
        return number
    }

    /// A parameter that is there or not; `verbose` and `verbose=true` mean the same.
    func flag(_ parameter: String) throws(Problem) -> Bool {
        switch request.query[parameter] {
        case nil, "false": return false
        case "", "true": return true
        default: throw .parameter(parameter, code: "unknown_value", "\(parameter) is true or false.")
        }
    }

    private enum NoField: String, CaseIterable { case none = "\0" }

    /// Refuses a body other than nothing or an object without members.
    func requireEmptyObject() throws(Problem) {
        guard !request.body.isEmpty else { return }
        let document = try json(limits: .metadata)
        do throws(ValidationError) {
            try FieldReader<NoField>(document.root, at: JSONPointer.root, what: "this request").finish()
        } catch {
            throw Problem(error)
        }
    }

    /// The header field that says why something is changed, for requests whose body is what to store or that have none.
    static let reasonField = "Tusk-Reason"

    /// Why something is changed, from the header; nil: nothing is said.
    func headerReason() throws(Problem) -> String? {
        let fields = request.headers.all(Self.reasonField)
        guard let text = fields.first else { return nil }
        guard fields.count == 1, (1...Self.reasonBytesMax).contains(text.utf8.count) else {
            let rule = "is given at most once, with 1 to \(Self.reasonBytesMax) bytes."
            throw .header(Self.reasonField, code: "invalid_value", "\(Self.reasonField) \(rule)")
        }
        return text
    }

    private enum ReasonField: String, CaseIterable { case reason }
    /// The longest reason, in bytes.
    static let reasonBytesMax = 1024

    /// The reason in a body that may be missing: `{"reason":"..."}`.
    func reason() throws(Problem) -> String? {
        guard !request.body.isEmpty else { return nil }
        let document = try json(limits: .metadata)
        do throws(ValidationError) {
            var reader = FieldReader<ReasonField>(document.root, at: JSONPointer.root, what: "this request")
            let reason = reader.string(.reason)
            if let reason, reason.utf8.count > Self.reasonBytesMax {
                reader.refuse(.reason, .tooLarge, "must be at most \(Self.reasonBytesMax) bytes")
            }
            try reader.finish()
            return reason
        } catch {
            throw Problem(error)
        }
    }

    private enum PauseField: String, CaseIterable {
        case reason, until
        case forSeconds = "for_seconds"
    }

    /// The reason and the end of a pause in a body that may be missing: `{"reason":"...","for_seconds":600}`, or
    /// `"until":"2026-01-02T03:04:05Z"`.
    func pause() throws(Problem) -> (reason: String?, end: PauseEnd?) {
        guard !request.body.isEmpty else { return (nil, nil) }
        let document = try json(limits: .metadata)
        do throws(ValidationError) {
            var reader = FieldReader<PauseField>(document.root, at: JSONPointer.root, what: "this request")
            let reason = reader.string(.reason)
            if let reason, reason.utf8.count > Self.reasonBytesMax {
                reader.refuse(.reason, .tooLarge, "must be at most \(Self.reasonBytesMax) bytes")
            }
            let text = reader.string(.until)
            let until = text.flatMap { Timestamp(rfc3339: $0) }
            if text != nil, until == nil {
                reader.refuse(.until, .invalidTime, "must be an RFC 3339 time with an offset")
            }
            let time = reader.seconds(.forSeconds, in: PauseEnd.range)
            if text != nil, time != nil {
                reader.refuse(.forSeconds, .outOfRange, "must not be given beside until")
            }
            try reader.finish()
            return (reason, until.map { .at($0) } ?? time.map { .after($0) })
        } catch {
            throw Problem(error)
        }
    }
}

extension Problem {
    /// The end of a pause has passed.
    static let pauseInPast = Problem(
        ValidationError(pointer: "#/until", .invalidTime, "until must be in the future")
    )
}
