/// How large and how odd a JSON text may be before it is refused.
///
/// Each limit guards something measured: PostgreSQL 15 prints `1e131071` as 131,072 digits, so 45 KB of such numbers
/// become 655 MB; deep nesting overflows recursive decoders; long keys and many values cost memory in every reader.
public struct JSONLimits: Sendable, Hashable {
    /// The longest text, in bytes.
    public var bytesMax: Int
    /// The deepest nesting of arrays and objects; a lone number or string has depth 0. Defaults to 64.
    public var depthMax: Int
    /// The longest key, in bytes after unescaping. Defaults to 1,024.
    public var keyBytesMax: Int
    /// The most values, counting arrays, objects and all that is in them, but not keys. Defaults to 100,000.
    public var nodesMax: Int
    /// The most significant digits of a number: all digits written, less leading zeros. Defaults to 40.
    public var digitsMax: Int
    /// The largest exponent of a number, up or down, and the most leading zeros of a fraction. Defaults to 308.
    public var exponentMax: Int

    /// Limits of your own; those not named have their defaults.
    public init(
        bytesMax: Int,
        depthMax: Int = 64,
        keyBytesMax: Int = 1024,
        nodesMax: Int = 100_000,
        digitsMax: Int = 40,
        exponentMax: Int = 308
    ) {
        self.bytesMax = bytesMax
        self.depthMax = depthMax
        self.keyBytesMax = keyBytesMax
        self.nodesMax = nodesMax
        self.digitsMax = digitsMax
        self.exponentMax = exponentMax
    }

    /// For a job's args and results: 64 KiB.
    public static let args = JSONLimits(bytesMax: 65_536)
    /// For a job's metadata: 4 KiB.
    public static let metadata = JSONLimits(bytesMax: 4096)
    /// For a request's body: 1 MiB.
    public static let body = JSONLimits(bytesMax: 1_048_576)

    /// The scanner's positions are 32 bits wide, so no text is longer than this, whatever `bytesMax` says: 1 GiB.
    static let bytesCeiling = 1 << 30
}
