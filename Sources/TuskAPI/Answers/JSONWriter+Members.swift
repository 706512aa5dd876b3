import TuskCore

// Members. One that has no value is left out: no answer of this API has a null that is not a job's own data.
extension JSONWriter {
    mutating func member(_ name: String, _ text: String) {
        key(name)
        string(text)
    }

    mutating func member(_ name: String, ifPresent text: String?) {
        guard let text else { return }
        member(name, text)
    }

    mutating func member(_ name: String, _ number: Int) {
        key(name)
        int(number)
    }

    mutating func member(_ name: String, _ moment: Timestamp) {
        member(name, moment.rfc3339Text)
    }

    mutating func member(_ name: String, ifPresent moment: Timestamp?) {
        guard let moment else { return }
        member(name, moment)
    }

    mutating func member(_ name: String, ifPresent text: JSONText?) {
        guard let text else { return }
        key(name)
        raw(text)
    }

    mutating func member(_ name: String, _ texts: [String]) {
        key(name)
        beginArray()
        for text in texts { string(text) }
        endArray()
    }

    /// An array of objects, each filled by `write`.
    mutating func member<Item>(_ name: String, _ items: [Item], _ write: (inout JSONWriter, Item) -> Void) {
        key(name)
        beginArray()
        for item in items {
            beginObject()
            write(&self, item)
            endObject()
        }
        endArray()
    }
}
