// swift-tools-version: 6.2
// Tusk: a job queue on PostgreSQL. One executable, `tusk`, and one library, `Tusk`. No package dependencies.
import PackageDescription

/// Settings every Swift module is built with.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
]

/// The same for modules that touch C: every unsafe use is marked in the source.
let strictWithC: [SwiftSetting] = strict + [.strictMemorySafety()]

let package = Package(
    name: "tusk",
    platforms: [.macOS(.v15)],
    products: [
        .library(name: "Tusk", targets: ["Tusk"]),
        .executable(name: "tusk", targets: ["TuskCommand"]),
    ],
    targets: [
        // C
        .systemLibrary(
            name: "CLibPQ",
            pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]
        ),
        .systemLibrary(
            name: "CCrypto",
            pkgConfig: "libcrypto",
            providers: [.apt(["libssl-dev"]), .brew(["openssl@3"])]
        ),
        .systemLibrary(
            name: "CZlib",
            pkgConfig: "zlib",
            providers: [.apt(["zlib1g-dev"]), .brew(["zlib"])]
        ),
        .systemLibrary(
            name: "CZstd",
            pkgConfig: "libzstd",
            providers: [.apt(["libzstd-dev"]), .brew(["zstd"])]
        ),
        .systemLibrary(
            name: "CCurl",
            pkgConfig: "libcurl",
            providers: [.apt(["libcurl4-openssl-dev"]), .brew(["curl"])]
        ),
        .systemLibrary(name: "CLinux"),
        .target(name: "CTuskSQL"),
        .target(name: "CTuskAssets", exclude: ["pages"]),

        // Values and rules
        .target(name: "TuskCore", swiftSettings: strict),
        .target(name: "TuskTelemetry", swiftSettings: strict),

        // PostgreSQL
        .target(name: "TuskPostgres", dependencies: ["CLibPQ"], swiftSettings: strictWithC),
        .target(
            name: "TuskStore",
            dependencies: ["TuskCore", "TuskPostgres", "CTuskSQL", "CCrypto"],
            swiftSettings: strictWithC
        ),

        // Runtimes: they meet only in PostgreSQL
        .target(name: "Tusk", dependencies: ["TuskCore", "TuskStore", "TuskTelemetry"], swiftSettings: strict),
        .target(
            name: "TuskTasks",
            dependencies: ["Tusk", "TuskCore", "TuskPostgres", "CLinux", "CCrypto", "CCurl", "CZlib", "CZstd"],
            swiftSettings: strictWithC
        ),
        .target(
            name: "TuskScheduler",
            dependencies: ["TuskCore", "TuskStore", "TuskTelemetry"],
            swiftSettings: strict
        ),
        .target(name: "TuskHTTP", dependencies: ["CLinux"], swiftSettings: strictWithC),
        .target(
            name: "TuskAPI",
            dependencies: ["TuskCore", "TuskStore", "TuskHTTP", "TuskTelemetry", "CTuskAssets"],
            swiftSettings: strict
        ),

        // Measuring
        .target(
            name: "TuskBench",
            dependencies: [
                "Tusk", "TuskTasks", "TuskScheduler", "TuskAPI", "TuskHTTP", "TuskCore", "TuskStore", "TuskPostgres",
                "TuskTelemetry",
            ],
            swiftSettings: strict
        ),

        // The executable
        .executableTarget(
            name: "TuskCommand",
            dependencies: [
                "Tusk", "TuskTasks", "TuskScheduler", "TuskAPI", "TuskHTTP", "TuskCore", "TuskStore", "TuskPostgres",
                "TuskTelemetry", "TuskBench",
            ],
            swiftSettings: strict
        ),

        // Tests
        .target(
            name: "TestSupport",
            dependencies: ["TuskCore", "TuskStore", "TuskPostgres"],
            path: "Tests/TestSupport",
            swiftSettings: strict
        ),
        .testTarget(name: "TuskCoreTests", dependencies: ["TuskCore"], swiftSettings: strict),
        .testTarget(name: "TuskTelemetryTests", dependencies: ["TuskTelemetry"], swiftSettings: strict),
        .testTarget(name: "TuskPostgresTests", dependencies: ["TuskPostgres", "TestSupport"], swiftSettings: strict),
        .testTarget(
            name: "TuskStoreTests",
            dependencies: ["TuskStore", "TuskCore", "TuskPostgres", "TestSupport", "CTuskSQL"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TuskTests",
            dependencies: ["Tusk", "TuskCore", "TuskStore", "TuskTelemetry", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TuskTasksTests",
            dependencies: [
                "TuskCommand", "TuskTasks", "Tusk", "TuskCore", "TuskStore", "TuskPostgres", "TestSupport",
            ],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TuskSchedulerTests",
            dependencies: ["TuskScheduler", "TuskCore", "TuskStore", "TuskTelemetry", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(name: "TuskHTTPTests", dependencies: ["TuskHTTP"], swiftSettings: strict),
        .testTarget(
            name: "TuskAPITests",
            dependencies: ["TuskAPI", "TuskHTTP", "TuskCore", "TuskStore", "TuskTelemetry", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TuskBenchTests",
            dependencies: ["TuskBench", "TuskCore", "TuskStore", "TuskPostgres", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "TuskCommandTests",
            dependencies: ["TuskCommand", "TuskTasks", "TuskCore", "TuskStore", "TuskPostgres", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(
            name: "ExampleTests",
            dependencies: ["TuskCommand", "Tusk", "TuskPostgres", "TestSupport"],
            swiftSettings: strict
        ),
        .executableTarget(
            name: "HistoryWorker",
            dependencies: ["Tusk"],
            path: "Tests/HistoryWorker",
            swiftSettings: strict
        ),
        .testTarget(
            name: "SystemTests",
            dependencies: ["TuskCommand", "HistoryWorker", "TuskCore", "TuskStore", "TuskPostgres", "TestSupport"],
            swiftSettings: strict
        ),
        .testTarget(name: "TidyTests", swiftSettings: strict),
    ],
    cLanguageStandard: .c2x
)
