/// Cells that hold one-dimensional arrays. The accessors without `IfPresent` stop the program at a null element.
extension ResultSet {
    /// A `bigint[]` without nulls.
    package func int8Array(_ row: Int, _ column: Int) -> [Int64] { integers(row, column, of: .int8) }

    /// A `text[]` without nulls.
    package func textArray(_ row: Int, _ column: Int) -> [String] {
        textArrayIfPresent(row, column).map(Self.present)
    }

    /// A `text[]` whose elements may be null.
    package func textArrayIfPresent(_ row: Int, _ column: Int) -> [String?] {
        unsafe array(row, column, of: [.text]) { unsafe String(decoding: $0, as: UTF8.self) }
    }

    /// A `bigint[]` whose elements may be null.
    package func int8ArrayIfPresent(_ row: Int, _ column: Int) -> [Int64?] {
        unsafe array(row, column, of: [.int8]) { unsafe $0.integer(at: 0) }
    }

    /// The bytes of a `bytea[]`, `text[]` or `json[]` whose elements may be null.
    package func bytesArrayIfPresent(_ row: Int, _ column: Int) -> [[UInt8]?] {
        unsafe array(row, column, of: [.bytea, .text, .json]) { unsafe Array($0) }
    }

    private func integers<Element: FixedWidthInteger & BitwiseCopyable & SendableMetatype>(
        _ row: Int,
        _ column: Int,
        of type: PostgresType
    ) -> [Element] {
        unsafe array(row, column, of: [type]) { unsafe $0.integer(at: 0) as Element }.map(Self.present)
    }

    private static func present<Element>(_ element: Element?) -> Element {
        guard let element else { preconditionFailure("an array has a null element") }
        return element
    }

    /// Walks over the elements. The format is the one `ParameterArrays.swift` writes; every length is checked against
    /// the bytes there are.
    private func array<Element>(
        _ row: Int,
        _ column: Int,
        of types: [PostgresType],
        _ decode: (UnsafeRawBufferPointer) -> Element
    ) -> [Element?] {
        unsafe withBytes(row, column) { cell in
            let dimensions: Int32 = unsafe cell.integer(at: 0)
            let type = PostgresType(oid: unsafe cell.integer(at: 8))
            precondition(types.contains(type), "row \(row), column \(column) is an array of another type")
            guard dimensions > 0 else { return [] }
            precondition(dimensions == 1, "row \(row), column \(column) has \(dimensions) dimensions")
            let count = Int(unsafe cell.integer(at: 12) as Int32)
            var elements: [Element?] = []
            elements.reserveCapacity(count)
            var offset = 20
            for _ in 0..<count {
                let length = Int(unsafe cell.integer(at: offset) as Int32)
                offset += 4
                guard length >= 0 else {
                    elements.append(nil)
                    continue
                }
                precondition(length <= cell.count - offset, "an array ends before its last element")
                unsafe elements.append(decode(UnsafeRawBufferPointer(rebasing: cell[offset..<offset + length])))
                offset += length
            }
            return elements
        }
    }
}

extension UnsafeRawBufferPointer {
    /// The integer at an offset, most significant byte first; the buffer itself stops a read beyond its end.
    fileprivate func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Value {
        precondition(offset + MemoryLayout<Value>.size <= count, "a value ends before its last byte")
        return unsafe Value(bigEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
