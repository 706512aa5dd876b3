// Values that jobs and changes of jobs have.
extension FieldReader {
    /// Any JSON value, as it came.
    mutating func text(_ field: Field, bytesMax: Int) -> JSONText? {
        guard let value = value(field) else { return nil }
        guard value.rawBytes.count <= bytesMax else {
            refuse(field, .tooLarge, "must be at most \(bytesMax) bytes")
            return nil
        }
        return JSONText(value)
    }

    /// A moment.
    mutating func moment(_ field: Field) -> Timestamp? {
        guard let text = string(field) else { return nil }
        let moment = Timestamp(rfc3339: text)
        if moment == nil {
            refuse(field, .invalidTime, "must be an RFC 3339 time with an offset, in the years 2000 to 2200")
        }
        return moment
    }

    /// Words to find a job by, all different.
    mutating func tags(_ field: Field) -> [Tag]? {
        guard let value = value(field) else { return nil }
        let rule = "must be an array of at most \(NewJob.tagsMax) names"
        guard value.kind == .array else {
            refuse(field, .wrongType, rule)
            return nil
        }
        var tags: [Tag] = []
        for (index, element) in value.elements.enumerated() {
            guard index < NewJob.tagsMax else {
                refuse(field, .tooMany, rule)
                return nil
            }
            let tag = element.string.flatMap { Tag($0) }
            if let tag, !tags.contains(tag) {
                tags.append(tag)
                continue
            }
            let pointer = JSONPointer.element(index, of: pointer(to: field))
            if let tag {
                note(ValidationError(pointer: pointer, .duplicate, "the tag \(tag) is given twice"))
            } else {
                note(ValidationError(pointer: pointer, .invalidName, "a tag \(NameRule.text)"))
            }
        }
        return tags
    }
}
