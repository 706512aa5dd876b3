/// What each route does and answers.
extension DocumentEntry {
    private static func json(_ schema: String, _ meaning: String, status: Int = 200) -> Answer {
        Answer(status: status, meaning: meaning, type: "application/json", schema: schema)
    }

    /// All of them by the names of their routes.
    static let all: [String: DocumentEntry] = jobs.merging(work) { $1 }.merging(control) { $1 }.merging(process) { $1 }

    private static let jobs: [String: DocumentEntry] = [
        "POST /v1/jobs": DocumentEntry(
            id: "enqueueJob",
            summary: "Enqueues a job. A 201 means that it is committed.",
            request: "NewJob",
            headers: ["Idempotency-Key", "Prefer"],
            answers: [
                json("EnqueuedJob", "It is stored.", status: 201),
                json("EnqueuedOrEnded", "It was there already, or it has ended while the answer waited."),
                json("EnqueuedJob", "It has not ended while the answer waited.", status: 202),
            ],
            problems: [
                .uniqueConflict, .uniqueInFlight, .orderKeyBusy, .idempotencyInFlight, .idempotencyMismatch,
            ]
        ),
        "POST /v1/jobs:bulk": DocumentEntry(
            id: "enqueueJobs",
            summary: "Enqueues many jobs: JSON all or none, NDJSON line by line.",
            request: "NewJobs",
            requestTypes: ["application/json", "application/x-ndjson"],
            headers: ["Idempotency-Key"],
            answers: [
                Answer(status: 200, meaning: "What became of each line.", type: "application/x-ndjson"),
                json("EnqueuedJobs", "All are stored.", status: 201),
            ],
            problems: [
                .uniqueConflict, .uniqueInFlight, .orderKeyBusy, .idempotencyInFlight, .idempotencyMismatch,
            ]
        ),
        "GET /v1/jobs": DocumentEntry(
            id: "listJobs",
            summary: "Lists jobs, the newest first. A page may have fewer jobs than asked for, or none, and a "
                + "next_page_token: so far it looked, and the list goes on there.",
            answers: [json("Jobs", "A page of them.")]
        ),
        "GET /v1/jobs/{id}": DocumentEntry(
            id: "getJob",
            summary: "Shows a job, with its attempts, log and steps when they are asked for.",
            headers: ["If-Match", "If-None-Match"],
            answers: [json("Job", "The job."), Answer(status: 304, meaning: "It is what the client has.")],
            problems: [.jobNotFound, .preconditionFailed]
        ),
        "PATCH /v1/jobs/{id}": DocumentEntry(
            id: "editJob",
            summary: "Changes a job that waits. As a merge patch, objects in args are merged; as plain JSON, args are "
                + "replaced. If-Match takes the tag of a read without include.",
            request: "JobEdit",
            requestTypes: ["application/merge-patch+json", "application/json"],
            headers: ["If-Match", "If-None-Match", "Tusk-Reason"],
            answers: [json("Job", "It is changed; the job as it is now.")],
            problems: [.jobNotFound, .jobState, .preconditionFailed, .uniqueConflict, .uniqueInFlight]
        ),
        "GET /v1/jobs/{id}/explain": DocumentEntry(
            id: "explainJob",
            summary: "Says why a job is not running.",
            answers: [json("Explanation", "What holds it back, in order.")],
            problems: [.jobNotFound]
        ),
        "GET /v1/jobs/{id}/events": DocumentEntry(
            id: "followJob",
            summary: "Follows a job until its end: states, progress and log lines.",
            headers: ["Last-Event-ID"],
            answers: [Answer(status: 200, meaning: "Server-sent events.", type: "text/event-stream")],
            problems: [.jobNotFound]
        ),
        "POST /v1/jobs/{id}:cancel": DocumentEntry(
            id: "cancelJob",
            summary: "Cancels a job: at once while it waits, by telling its handler while it runs.",
            request: "Reason",
            isBodyRequired: false,
            answers: [json("JobState", "It is cancelled."), json("JobState", "It was told to stop.", status: 202)],
            problems: [.jobNotFound, .jobState]
        ),
        "POST /v1/jobs/{id}:retry": DocumentEntry(
            id: "retryJob",
            summary: "Makes a job that waits, was discarded or was cancelled available now.",
            request: "Reason",
            isBodyRequired: false,
            answers: [json("JobState", "It is available.")],
            problems: [.jobNotFound, .jobState, .uniqueConflict, .uniqueInFlight]
        ),
        "GET /v1/errors": DocumentEntry(
            id: "listErrors",
            summary: "Groups discarded jobs by kind, reason and message.",
            answers: [json("Errors", "The groups, the largest first.")]
        ),
        "GET /v1/audit": DocumentEntry(
            id: "listAudit",
            summary: "Lists what operators changed: who, what, when and why, the newest first.",
            answers: [json("Audit", "A page of it.")]
        ),
        "GET /v1/operations": DocumentEntry(
            id: "listOperations",
            summary: "Lists operations on many jobs, the newest first.",
            answers: [json("Operations", "A page of them.")]
        ),
        "POST /v1/operations": DocumentEntry(
            id: "createOperation",
            summary: "Retries many discarded jobs, or cancels many that have not ended, or counts them.",
            request: "NewOperation",
            answers: [
                json("Matched", "How many there are: a dry run."),
                json("Operation", "It is asked for; the scheduler carries it out.", status: 201),
            ],
            problems: [.tooManyOperations]
        ),
        "GET /v1/operations/{id}": DocumentEntry(
            id: "getOperation",
            summary: "Shows an operation and how far it is.",
            answers: [json("Operation", "The operation.")],
            problems: [.operationNotFound]
        ),
        "POST /v1/operations/{id}:cancel": DocumentEntry(
            id: "cancelOperation",
            summary: "Ends an operation; what it has done stays so.",
            request: "Reason",
            isBodyRequired: false,
            answers: [json("Operation", "It is cancelled.")],
            problems: [.operationNotFound, .operationEnded]
        ),
    ]

    private static let work: [String: DocumentEntry] = [
        "POST /v1/claims": DocumentEntry(
            id: "claimJobs",
            summary: "Claims jobs under a lease, waiting for them if need be.",
            request: "Claim",
            answers: [json("Claimed", "The jobs; none when there were none in time.")],
            problems: [.databaseRestored]
        ),
        "POST /v1/claims/{lease}:heartbeat": DocumentEntry(
            id: "beatClaim",
            summary: "Extends a lease, and tells which of its jobs are to stop.",
            request: "Nothing",
            isBodyRequired: false,
            answers: [json("Beat", "It is extended.")],
            problems: [.leaseLost]
        ),
        "POST /v1/claims/{lease}:report": DocumentEntry(
            id: "reportJobs",
            summary: "Says how far jobs are and what they log.",
            request: "Report",
            answers: [json("Beat", "It is taken, but for jobs that are lost, and the lease is extended.")],
            problems: [.leaseLost]
        ),
        "POST /v1/claims/{lease}:settle": DocumentEntry(
            id: "settleJobs",
            summary: "Settles jobs of a lease, each with an outcome of its own.",
            request: "Settlement",
            answers: [json("Settled", "What became of each.")],
            problems: [.leaseLost]
        ),
    ]

    private static let control: [String: DocumentEntry] = [
        "GET /v1/queues": DocumentEntry(
            id: "listQueues",
            summary: "Lists queues with what is in them.",
            answers: [json("Queues", "All of them.")]
        ),
        "GET /v1/queues/{name}/explain": DocumentEntry(
            id: "explainQueue",
            summary: "Says why the jobs of a queue are not running.",
            answers: [json("Explanation", "What holds them back.")]
        ),
        "PUT /v1/queues/{name}": DocumentEntry(
            id: "putQueue",
            summary: "Sets whether jobs of a queue go up a band when they have waited long.",
            request: "QueueSettings",
            headers: ["Tusk-Reason"],
            answers: [json("QueueAgeing", "It is set.")]
        ),
        "POST /v1/queues/{name}:pause": DocumentEntry(
            id: "pauseQueue",
            summary: "Lets no more jobs of a queue be claimed.",
            request: "Pause",
            isBodyRequired: false,
            answers: [json("QueuePause", "It is paused.")]
        ),
        "POST /v1/queues/{name}:purge": DocumentEntry(
            id: "purgeQueue",
            summary: "Cancels all jobs that wait in a queue; those that run go on.",
            request: "Reason",
            isBodyRequired: false,
            answers: [json("Operation", "It is asked for; the scheduler carries it out.", status: 201)],
            problems: [.tooManyOperations]
        ),
        "POST /v1/queues/{name}:resume": DocumentEntry(
            id: "resumeQueue",
            summary: "Lets jobs of a queue be claimed again.",
            request: "Reason",
            isBodyRequired: false,
            answers: [json("QueuePause", "It goes on.")]
        ),
        "GET /v1/limits": DocumentEntry(
            id: "listLimits",
            summary: "Lists limits, rates, breakers and shares of keys.",
            answers: [json("Limits", "All of them.")]
        ),
        "PUT /v1/limits/{key}": DocumentEntry(
            id: "putLimit",
            summary: "Sets what jobs with a key may do, as a whole.",
            request: "NewLimit",
            headers: ["Tusk-Reason"],
            answers: [json("Limit", "It is set.")]
        ),
        "DELETE /v1/limits/{key}": DocumentEntry(
            id: "removeLimit",
            summary: "Removes a limit.",
            headers: ["Tusk-Reason"],
            answers: [Answer(status: 204, meaning: "It is removed.")],
            problems: [.limitNotFound]
        ),
        "POST /v1/limits/{key}:pause": DocumentEntry(
            id: "pauseKey",
            summary: "Lets no more jobs with a key start.",
            request: "Pause",
            isBodyRequired: false,
            answers: [json("Limit", "It is paused.")]
        ),
        "POST /v1/limits/{key}:resume": DocumentEntry(
            id: "resumeKey",
            summary: "Lets jobs with a key start again.",
            request: "Reason",
            isBodyRequired: false,
            answers: [json("Key", "It goes on.")]
        ),
        "POST /v1/limits/{key}:close": DocumentEntry(
            id: "closeBreaker",
            summary: "Closes the breaker of a key.",
            request: "Reason",
            isBodyRequired: false,
            answers: [json("Key", "It is closed.")]
        ),
        "GET /v1/order-keys": DocumentEntry(
            id: "listOrderKeys",
            summary: "Lists order keys that jobs wait for.",
            answers: [json("OrderKeys", "A page of them.")]
        ),
        "POST /v1/order-keys/{key}:release": DocumentEntry(
            id: "releaseOrderKey",
            summary: "Lets a line go on without its discarded head.",
            request: "Reason",
            isBodyRequired: false,
            answers: [json("Key", "It goes on.")],
            problems: [.orderKeyNotFound, .orderKeyBusy]
        ),
        "GET /v1/schedules": DocumentEntry(
            id: "listSchedules",
            summary: "Lists schedules.",
            answers: [json("Schedules", "A page of them.")]
        ),
        "GET /v1/schedules/{name}": DocumentEntry(
            id: "getSchedule",
            summary: "Shows a schedule. What is before the hyphen of its ETag stands for what people and programs set.",
            headers: ["If-Match", "If-None-Match"],
            answers: [json("Schedule", "The schedule."), Answer(status: 304, meaning: "It is what the client has.")],
            problems: [.scheduleNotFound, .preconditionFailed]
        ),
        "PUT /v1/schedules/{name}": DocumentEntry(
            id: "putSchedule",
            summary: "Creates or replaces a schedule. If-Match looks at what people and programs set, not at ticks.",
            request: "NewSchedule",
            headers: ["Tusk-Reason", "If-Match", "If-None-Match"],
            answers: [json("Schedule", "It is replaced."), json("Schedule", "It is created.", status: 201)],
            problems: [.preconditionFailed]
        ),
        "DELETE /v1/schedules/{name}": DocumentEntry(
            id: "removeSchedule",
            summary: "Removes a schedule; its jobs stay. If-Match is as for putSchedule.",
            headers: ["Tusk-Reason", "If-Match", "If-None-Match"],
            answers: [Answer(status: 204, meaning: "It is removed.")],
            problems: [.scheduleNotFound, .preconditionFailed]
        ),
        "GET /v1/schedules/{name}/ticks": DocumentEntry(
            id: "listTicks",
            summary: "Lists what became of the ticks of a schedule, the newest first.",
            answers: [json("Ticks", "The newest of them.")],
            problems: [.scheduleNotFound]
        ),
        "GET /v1/schedules/{name}/preview": DocumentEntry(
            id: "previewSchedule",
            summary: "Says when a schedule fires next, also in words.",
            answers: [json("Preview", "The next ticks.")],
            problems: [.scheduleNotFound]
        ),
        "POST /v1/schedules:preview": DocumentEntry(
            id: "previewRule",
            summary: "Says when a rule would fire, without storing it.",
            request: "NewSchedule",
            answers: [json("Preview", "The next ticks.")]
        ),
        "POST /v1/schedules/{name}:pause": DocumentEntry(
            id: "pauseSchedule",
            summary: "Lets a schedule fire no more.",
            request: "Reason",
            isBodyRequired: false,
            answers: [json("Schedule", "It is paused.")],
            problems: [.scheduleNotFound]
        ),
        "POST /v1/schedules/{name}:resume": DocumentEntry(
            id: "resumeSchedule",
            summary: "Lets a schedule fire again.",
            request: "Reason",
            isBodyRequired: false,
            answers: [json("Schedule", "It goes on.")],
            problems: [.scheduleNotFound]
        ),
        "POST /v1/schedules/{name}:trigger": DocumentEntry(
            id: "triggerSchedule",
            summary: "Runs a schedule now.",
            request: "Reason",
            isBodyRequired: false,
            answers: [json("Triggered", "Its job is stored.", status: 201)],
            problems: [.scheduleNotFound, .uniqueConflict, .uniqueInFlight, .jobState]
        ),
        "GET /v1/workers": DocumentEntry(
            id: "listWorkers",
            summary: "Lists live workers.",
            answers: [json("Workers", "All of them.")]
        ),
    ]

    private static let process: [String: DocumentEntry] = [
        "GET /v1/stats/series": DocumentEntry(
            id: "getSeries",
            summary: "What happened in each step of the last minutes, hours or days.",
            answers: [json("Series", "The steps in which something happened.")]
        ),
        "GET /v1/doctor": DocumentEntry(
            id: "examine",
            summary: "What is wrong with the server, the schema and the processes, and what mends it.",
            answers: [json("Findings", "The worst first; none when all is well.")]
        ),
        "GET /livez": DocumentEntry(
            id: "isAlive",
            summary: "Whether the process lives.",
            answers: [json("Alive", "It does.")]
        ),
        "GET /healthz": DocumentEntry(
            id: "isHealthy",
            summary: "The same as /livez.",
            answers: [json("Alive", "It does.")]
        ),
        "GET /readyz": DocumentEntry(
            id: "isReady",
            summary: "Whether the process can do its work.",
            answers: [json("Ready", "It can."), json("Ready", "It cannot, and why.", status: 503)]
        ),
        "GET /metrics": DocumentEntry(
            id: "getMetrics",
            summary: "What the process counts, for Prometheus.",
            answers: [Answer(status: 200, meaning: "Metrics.", type: "text/plain")]
        ),
        "GET /version": DocumentEntry(
            id: "getVersion",
            summary: "The versions of the program and of its schema.",
            answers: [json("Version", "They are.")]
        ),
        "GET /openapi.json": DocumentEntry(
            id: "getDocument",
            summary: "This description.",
            answers: [json("Anything", "OpenAPI 3.1.")]
        ),
    ]
}
