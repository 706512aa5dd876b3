import TuskStore

// Schedules from Swift: the same as over HTTP.
extension Client {
    /// Creates a schedule that enqueues a job for a handler, or replaces the one of that name.
    ///
    /// A replaced schedule keeps its place in time when its rule and its zone are the same.
    ///
    /// - Parameters:
    ///   - name: What it is called: 1...128 letters, digits, `_`, `.`, `:` and `-`.
    ///   - cron: Five fields, six with seconds first, `@daily` and the like, or `@every 90s`.
    ///   - handler: Whose kind of job it enqueues.
    ///   - args: The handler's input.
    ///   - schedule: Everything else about the schedule.
    ///   - options: Everything else about its jobs. `runAt` must be `.now`: the schedule says when.
    /// - Returns: Whether it is new.
    /// - Throws: `TuskError`; `.invalid` names the fields that are wrong, and nothing is stored then.
    @discardableResult
    public func putSchedule<Typed: JobHandler>(
        _ name: String,
        cron: String,
        _ handler: Typed.Type,
        _ args: Typed.Args,
        _ schedule: ScheduleOptions = ScheduleOptions(),
        _ options: EnqueueOptions = EnqueueOptions()
    ) async throws(TuskError) -> Bool {
        let job = try options.job(Typed.kind, try TypedJSON.encode(args))
        let checked = try schedule.checked(name, cron: cron, job)
        let answer = try await call { session throws(StoreError) in try session.put(checked, by: Self.author()) }
        switch answer {
        case .created: return true
        case .replaced: return false
        case .refused: preconditionFailure("a schedule was refused without a condition")
        case .neverFires:
            let rule = "cron does not fire in the next 100 years"
            throw .invalid(ValidationError(pointer: "#/cron", .unknownValue, rule))
        }
    }

    /// Removes a schedule; its jobs stay. False: there was none.
    @discardableResult
    public func removeSchedule(_ name: String) async throws(TuskError) -> Bool {
        try await call { session throws(StoreError) in try session.remove(schedule: name, by: Self.author()) }
    }

    /// Pauses a schedule: once this returns no tick of it fires, and those that pass are recorded as paused. One that
    /// is paused keeps its first record.
    ///
    /// - Parameters:
    ///   - name: The schedule.
    ///   - who: Who pauses it, for those who ask later.
    ///   - reason: Why.
    /// - Returns: Whether there is such a schedule.
    /// - Throws: `TuskError`.
    @discardableResult
    public func pauseSchedule(_ name: String, by who: String, reason: String? = nil) async throws(TuskError) -> Bool {
        try await call { session throws(StoreError) in
            try session.pause(schedule: name, by: Self.author(who), reason: reason)
        }
    }

    /// Lets a paused schedule fire again, from its next planned time on. False: there is none.
    @discardableResult
    public func resumeSchedule(_ name: String) async throws(TuskError) -> Bool {
        try await call { session throws(StoreError) in try session.resume(schedule: name, by: Self.author()) }
    }

    /// Enqueues the job of a schedule now, paused or not and whatever its overlap policy.
    ///
    /// - Parameters:
    ///   - name: The schedule.
    ///   - who: Who asks for it, for those who ask later.
    /// - Returns: The job; nil: there is no such schedule.
    /// - Throws: `TuskError`.
    @discardableResult
    public func runSchedule(_ name: String, by who: String) async throws(TuskError) -> JobID? {
        let run = try await call(waking: { run in run.map { [$0.queue] } ?? [] }) { session throws(StoreError) in
            try session.runNow(schedule: name, by: Self.author(who))
        }
        return run?.job
    }

    /// What is written down of who changes a schedule.
    private static func author(_ who: String = "client") -> Author { Author(id: "swift", name: who) }

    /// The next ticks of a schedule; fewer than `count`, which is at most 1,000, when there are no more within 100
    /// years. Nil: there is no such schedule, or its rule cannot be read.
    public func nextTicks(of name: String, count: Int = 10) async throws(TuskError) -> [Timestamp]? {
        try await call { session throws(StoreError) -> [Timestamp]? in
            guard let schedule = try session.schedule(name) else { return nil }
            let moment = try session.scheduleMoment()
            do throws(SchedulePreview.Failure) {
                return try SchedulePreview(schedule).ticks(after: moment, count: count).map(\.plannedAt)
            } catch {
                return nil
            }
        }
    }
}

/// Everything about a schedule but its name, its rule and its job.
public struct ScheduleOptions: Sendable, Hashable {
    /// The IANA name of the zone in which the rule is read. Defaults to `UTC`.
    public var timeZone = "UTC"
    /// A tick fires up to so much after its planned time, by a delay that is the same each time for the same tick and
    /// ends before the next one: 0 to 24 hours. Defaults to 0.
    public var jitter: Duration = .zero
    /// What a tick does while the last job lives. Defaults to `allow`.
    public var overlap: OverlapPolicy = .allow
    /// Which late ticks still fire. Defaults to the last one, however late.
    public var catchUp: CatchUpPolicy = .one(window: nil)

    /// The defaults.
    public init() {}

    func checked(_ name: String, cron: String, _ job: NewJob) throws(TuskError) -> NewSchedule {
        var writer = JSONWriter(capacity: job.args.bytes.count + 512)
        writer.beginObject()
        func put(_ key: String, _ text: String) {
            writer.key(key)
            writer.string(text)
        }
        put("cron", cron)
        put("time_zone", timeZone)
        writer.key("job")
        writer.raw(job.json)
        writer.key("jitter_seconds")
        writer.raw(jitter.secondsText.utf8)
        put("overlap", overlap.rawValue)
        put("catch_up", catchUp.word)
        if let max = catchUp.max {
            writer.key("catch_up_max")
            writer.int(Int64(max))
        }
        if let window = catchUp.window {
            writer.key("catch_up_window_seconds")
            writer.raw(window.secondsText.utf8)
        }
        writer.endObject()
        do {
            return try NewSchedule(name: name, json: JSONDocument(validating: writer.bytes, limits: .body).root)
        } catch let error as ValidationError {
            throw .invalid(error)
        } catch {
            throw .configuration("the schedule is not valid: \(error)")
        }
    }
}
