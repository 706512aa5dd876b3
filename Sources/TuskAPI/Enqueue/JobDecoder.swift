import TuskCore
import TuskHTTP
import TuskTelemetry

/// Reads jobs from the bodies of requests.
enum JobDecoder {
    /// One job; its args may be as deep as args may be, one level below.
    static let jobLimits = JSONLimits(bytesMax: JSONLimits.body.bytesMax, depthMax: JSONLimits.args.depthMax + 1)

    /// A job as a member of an object.
    static let scheduleLimits = JSONLimits(bytesMax: JSONLimits.body.bytesMax, depthMax: JSONLimits.args.depthMax + 2)

    /// Jobs in an array in an object. A value takes at least two bytes of the text and about 16 of memory.
    static func bulkLimits(bytesMax: Int) -> JSONLimits {
        JSONLimits(bytesMax: bytesMax, depthMax: JSONLimits.args.depthMax + 3, nodesMax: 2_000_000)
    }

    /// The job that a value describes, with the request's trace context unless it has its own.
    static func job(_ value: JSONValue, at pointer: String = "#", traceparent: String?) throws(Problem) -> NewJob {
        do throws(ValidationError) {
            var job = try NewJob(json: value, at: pointer)
            if job.traceparent == nil { job.traceparent = traceparent }
            return job
        } catch {
            throw Problem(error)
        }
    }

    /// The jobs of `{"jobs":[...]}`; what is wrong with any of them is reported together.
    static func jobs(_ root: JSONValue, jobsMax: Int, traceparent: String?) throws(Problem) -> [NewJob] {
        do throws(ValidationError) {
            let list = try list(root, jobsMax: jobsMax)
            var jobs: [NewJob] = []
            var problems: [ValidationError.Problem] = []
            for (index, value) in list.elements.enumerated() where problems.count < ValidationError.problemsMax {
                do throws(ValidationError) {
                    var job = try NewJob(json: value, at: "#/jobs/\(index)")
                    if job.traceparent == nil { job.traceparent = traceparent }
                    jobs.append(job)
                } catch {
                    problems += error.problems
                }
            }
            guard problems.isEmpty else { throw ValidationError(problems: problems) }
            return jobs
        } catch {
            throw Problem(error)
        }
    }

    private enum BulkField: String, CaseIterable { case jobs }

    private static func list(_ root: JSONValue, jobsMax: Int) throws(ValidationError) -> JSONValue {
        var reader = FieldReader<BulkField>(root, at: "#", what: "a bulk request")
        if root.kind == .object { reader.require(.jobs) }
        let list = reader.value(.jobs)
        if let list {
            let count = list.elements.reduce(0) { count, _ in count + 1 }
            if list.kind != .array {
                reader.refuse(.jobs, .wrongType, "must be an array of jobs")
            } else if count == 0 {
                reader.refuse(.jobs, .outOfRange, "must have at least one job")
            } else if count > jobsMax {
                reader.refuse(.jobs, .tooMany, "must have at most \(jobsMax) jobs")
            }
        }
        try reader.finish()
        guard let list else { preconditionFailure("finish throws when there is no list") }
        return list
    }

    /// The trace context of a request, as it is stored; one that is invalid is as good as none.
    ///
    /// Source: W3C Recommendation "Trace Context", section 3.2.
    static func traceparent(_ request: HTTPRequest) -> String? {
        let fields = request.headers.all("traceparent")
        guard fields.count == 1 else { return nil }
        return TraceContext(traceparent: fields[0])?.traceparent
    }
}
