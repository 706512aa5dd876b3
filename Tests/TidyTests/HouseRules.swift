/// What the checks allow, each with its reason. A new module or an exception is one line here.
enum HouseRules {
    /// The arrows: which modules of ours each module may import. What is not listed may not be.
    static let imports: [String: Set<String>] = [
        "CTuskAssets": [],
        "CTuskSQL": [],
        "TuskCore": [],
        "TuskTelemetry": [],
        "TuskPostgres": ["CLibPQ"],
        "TuskStore": ["TuskCore", "TuskPostgres", "CTuskSQL", "CCrypto"],
        "Tusk": ["TuskCore", "TuskStore", "TuskTelemetry"],
        "TuskTasks": ["Tusk", "TuskCore", "TuskPostgres", "CLinux", "CCurl", "CCrypto", "CZlib", "CZstd"],
        "TuskScheduler": ["TuskCore", "TuskStore", "TuskTelemetry"],
        "TuskHTTP": ["CLinux"],
        "TuskAPI": ["TuskCore", "TuskStore", "TuskHTTP", "TuskTelemetry", "CTuskAssets"],
        "TuskTesting": ["Tusk", "TuskCore"],
        // Measures all of them, and so knows them all.
        "TuskBench": [
            "Tusk", "TuskTasks", "TuskScheduler", "TuskAPI", "TuskHTTP", "TuskCore", "TuskStore", "TuskPostgres",
            "TuskTelemetry",
        ],
        "TuskCommand": [
            "Tusk", "TuskTasks", "TuskScheduler", "TuskAPI", "TuskHTTP", "TuskCore", "TuskStore", "TuskPostgres",
            "TuskTelemetry", "TuskBench",
        ],
        "TestSupport": ["TuskCore", "TuskStore", "TuskPostgres"],
        "TuskCoreTests": ["TuskCore"],
        "TuskTelemetryTests": ["TuskTelemetry"],
        "TuskPostgresTests": ["TuskPostgres", "TestSupport"],
        "TuskStoreTests": ["TuskStore", "TuskCore", "TuskPostgres", "TestSupport", "CTuskSQL"],
        "TuskTests": ["Tusk", "TuskCore", "TuskStore", "TuskPostgres", "TuskTelemetry", "TestSupport"],
        "TuskTasksTests": ["TuskTasks", "Tusk", "TuskCore", "TuskStore", "TuskPostgres", "TestSupport"],
        "TuskSchedulerTests": [
            "TuskScheduler", "TuskCore", "TuskStore", "TuskPostgres", "TuskTelemetry", "TestSupport",
        ],
        "TuskHTTPTests": ["TuskHTTP"],
        "TuskAPITests": [
            "TuskAPI", "TuskHTTP", "TuskCore", "TuskStore", "TuskPostgres", "TuskTelemetry", "TestSupport",
        ],
        "TuskTestingTests": ["TuskTesting", "Tusk", "TuskCore"],
        "TuskBenchTests": ["TuskBench", "TuskCore", "TuskStore", "TuskPostgres", "TestSupport"],
        "TuskCommandTests": ["TuskCommand", "TuskTasks", "TuskCore", "TuskStore", "TuskPostgres", "TestSupport"],
        "ExampleTests": ["Tusk", "TuskPostgres", "TestSupport"],
        "HistoryWorker": ["Tusk"],
        "SystemTests": ["TuskCommand", "TuskCore", "TuskStore", "TuskPostgres", "TestSupport"],
        "TidyTests": [],
    ]

    /// Modules of the toolchain that anyone may import, unless `platformImports` says less.
    static let platform: Set<String> = [
        "Dispatch", "Foundation", "FoundationEssentials", "Glibc", "Synchronization", "Testing", "PackageDescription",
    ]

    /// Modules that import less of the platform than others.
    static let platformImports: [String: Set<String>] = [
        // No clock, no files, no locale: only values and rules.
        "TuskCore": [],
        // Small enough to be linked without Foundation.
        "TuskTelemetry": ["Dispatch", "Glibc", "Synchronization"],
        "TuskPostgres": ["Dispatch", "Glibc", "Synchronization"],
        "TuskHTTP": ["Dispatch", "Glibc", "Synchronization"],
    ]

    /// Where threads and Dispatch queues are made. Elsewhere they would escape the limits and the stopping order.
    static let threads: [String: String] = [
        "Sources/TuskTelemetry/LogOutput.swift": "the thread that writes log lines",
        "Sources/TuskTelemetry/Tracer.swift": "the thread that sends spans",
        "Sources/TuskPostgres/CancelHandle.swift": "cancels a statement while its own thread waits for it",
        "Sources/TuskStore/Notifier.swift": "the thread that sends signals, and how owned threads are made",
        "Sources/TuskHTTP/LoopThread.swift": "the event loop's thread",
        "Sources/TuskAPI/Enqueue/Coalescer.swift": "the thread that enqueues for all requests",
        "Sources/TuskAPI/Running/Lanes.swift": "the lanes all other requests run on",
        "Sources/Tusk/Slot.swift": "the task that a slot runs for its life",
        "Sources/Tusk/Slots.swift": "starts the slots' tasks",
        "Sources/Tusk/SlotLane.swift": "the lanes handlers run on",
        "Sources/Tusk/Feed.swift": "lets jobs start when their tokens of a rate are there",
        "Sources/Tusk/Client.swift": "calls for async callers, off their cooperative threads",
        "Sources/TuskTasks/Call/StopWatch.swift": "looks whether a function's job has to stop while its lane waits",
        "Sources/TuskBench/LoadThread.swift": "the load beside what is measured",
        "Sources/TuskBench/ClientCaller.swift": "calls the async client from a thread that may block",
        "Sources/TuskBench/HTTPWorkload.swift": "the sessions of the reference, one a queue",
        "Sources/TuskCommand/Development/ChildProcess.swift": "reads what a child writes",
        "Sources/TuskCommand/Top/TopReader.swift": "asks the database while keys are read",
        "Sources/TuskCommand/Runtime/AdminRole.swift": "answers probes that ask the database",
        "Sources/TuskCommand/Runtime/Service.swift": "stops the roles of a process in order",
        "Sources/TuskCommand/Runtime/StopSignals.swift": "receives signals",
    ]

    /// Where a thread may sleep: nowhere in the product; waiting has a deadline and a way to be woken.
    static let sleeps: [String: String] = [
        "Tests/TuskTests/TimeoutTests.swift": "a handler that sleeps is what is to be woken",
        "Tests/TuskTests/DrainTests.swift": "a handler that sleeps is what is to be given back",
    ]

    /// Files that carry SQL although they are not in sql/.
    static let sqlInSwift: [String: String] = [
        "Sources/TuskTasks/Import/ImportSQL.swift": "names of the user's own tables and columns, quoted in one place",
        "Sources/TuskTasks/Rollup/RollupSQL.swift": "names of the user's own tables and columns, quoted in one place",
        "Sources/TuskTasks/Export/ExportSQL.swift": "what goes around a query of the operator's",
        "Sources/TuskTasks/Call/CallSQL.swift": "calls a function that the configuration lists",
        "Sources/TuskTasks/JobSQL.swift": "calls of Tusk's functions, in the data's own transactions",
    ]

    /// Files longer than 400 lines, each with the reason why it is one file.
    static let longFiles: [String: String] = [:]

    /// Files of Sources that are not named after a type of theirs.
    static let fileNames: [String: String] = [
        "Sources/TuskCore/Names.swift": "three names with one rule",
        "Sources/Tusk/Tusk.swift": "what comes along with the library",
    ]
}
