import TuskCore
import TuskPostgres

/// Goes through a source, chunk by chunk.
struct ImportPass<Rows: ImportRows>: ~Copyable {
    private let plan: ImportPlan
    private let surroundings: ImportRun.Surroundings
    /// The statements of the first chunk, and those of all others.
    private let routes: (first: ImportRoute, following: ImportRoute)
    private var rows: Rows
    private var reader: ImportReader
    private let bytes: InputBytes
    /// What is committed.
    private var state: ImportState
    private var isFirst: Bool
    private var batch = ImportBatch()

    /// A pass that starts where `reader` is, or behind what an attempt before has committed.
    init(
        plan: ImportPlan,
        surroundings: ImportRun.Surroundings,
        routes: (first: ImportRoute, following: ImportRoute),
        rows: Rows,
        reader: consuming ImportReader,
        bytes: InputBytes,
        former: ImportState?
    ) throws(TaskFailure) {
        self.plan = plan
        self.surroundings = surroundings
        self.routes = routes
        self.rows = rows
        self.bytes = bytes
        isFirst = former == nil
        if let former {
            state = former
            try reader.restart(at: former.offset, line: former.line)
        } else {
            state = ImportState()
            (state.offset, state.line) = (reader.offset, reader.line)
        }
        self.reader = reader
    }

    /// Loads everything. Blocks.
    mutating func load(on session: Session) throws(TaskFailure) -> ImportState {
        var isEnd = false
        while !isEnd {
            do throws(TaskFailure) {
                isEnd = try loadChunk(on: session)
                isFirst = false
                // Here and not in the transaction of the next chunk: it may take as long as another server likes.
                if !isEnd { _ = try reader.refill() }
            } catch .needsCare {
                state.isCareful = true
                try reader.restart(at: state.offset, line: state.line)
            }
        }
        return state
    }

    /// One transaction; whether it was the last.
    private mutating func loadChunk(on session: Session) throws(TaskFailure) -> Bool {
        let route = isFirst ? routes.first : routes.following
        let bytesMax = plan.args.atomic ? Int.max : bytes.isRemote ? 0 : surroundings.chunkBytes
        var next = state
        let isEnd = try session.transaction(mapping: TaskFailure.database) { session throws(TaskFailure) in
            var loader = loader(session, route)
            try loader.begin()
            try loadBuffer(&loader, numbersRows: route.numbersRows)
            while !reader.isLast, reader.offset - state.offset < bytesMax || reader.isSkipping {
                _ = try reader.refill()
                try loadBuffer(&loader, numbersRows: route.numbersRows)
            }
            let isEnd = reader.isLast
            next.totals = loader.totals
            next.totals.bytes = bytes.bytesRead
            (next.offset, next.line) = (reader.offset, reader.line)
            (next.mark, next.version) = (bytes.mark, bytes.version)
            if isEnd { try close(route, session) }
            try calling { () throws(PostgresError) in
                isEnd
                    ? try surroundings.complete(session, next.result)
                    : try surroundings.saveCursor(session, next.cursor)
            }
            return isEnd
        }
        state = next
        return isEnd
    }

    private func loader(_ session: Session, _ route: ImportRoute) -> ImportLoader {
        ImportLoader(
            session: session,
            route: route,
            state: state,
            rejects: RejectSink(
                table: plan.rejects,
                job: surroundings.job,
                count: state.totals.rejected,
                countMax: plan.args.rejectsMax
            )
        )
    }

    /// Loads what the buffer has.
    private mutating func loadBuffer(_ loader: inout ImportLoader, numbersRows: Bool) throws(TaskFailure) {
        var isExhausted = false
        while !isExhausted {
            if surroundings.shouldStop() { throw .stopped }
            isExhausted = try collect(&loader, numbersRows)
            try loader.load(batch, from: reader.buffer)
        }
        try loader.flush()
        surroundings.report(bytes.fraction, loader.totals.rows)
    }

    /// Collects the next rows of the buffer; whether they are the last.
    private mutating func collect(_ loader: inout ImportLoader, _ numbersRows: Bool) throws(TaskFailure) -> Bool {
        batch.removeAll()
        while batch.text.count < loader.batchBytesMax {
            switch reader.item(&rows) {
            case .exhausted: return true
            case .fault(let fault, let line, let range):
                try loader.reject(Reject(line: line, reason: fault.reason, raw: reader.buffer[range]))
            case .row(let line, let range):
                let reason = batch.append(&rows, from: reader.buffer, line: line, raw: range, numbersRows: numbersRows)
                if let reason {
                    try loader.reject(Reject(line: line, reason: reason, raw: reader.buffer[range]))
                }
            }
        }
        return false
    }

    /// Does what is left when all rows are there. It may take as long as the job has.
    private func close(_ route: ImportRoute, _ session: Session) throws(TaskFailure) {
        do throws(PostgresError) {
            for statement in route.closing {
                _ = try session.run(statement, deadline: .after(surroundings.timeLeft()))
            }
        } catch .server(let error) where RefusedRows.isAboutRows(error) {
            throw .refused("the rows cannot replace those of the table: \(error.message)")
        } catch {
            throw .database(error)
        }
    }
}
