import Foundation
import TestSupport

/// Faults of processes during a run.
enum HistoryFaults {
    /// Kills or pauses a worker about once a second; now and then a scheduler.
    static func make(
        on run: HistoryRun,
        until end: ContinuousClock.Instant,
        _ seed: UInt64
    ) throws -> (kills: Int, pauses: Int) {
        var random = SeededGenerator(seed: seed &+ 1)
        var count = (kills: 0, pauses: 0)
        var paused: [(process: ServiceProcess, until: ContinuousClock.Instant)] = []
        while ContinuousClock.now < end {
            Pace.wait(.milliseconds(Int.random(in: 400...1200, using: &random)))
            for process in paused where process.until < .now { process.process.send(SIGCONT) }
            paused.removeAll { $0.until < .now }
            guard let victim = run.workers.randomElement(using: &random) else { continue }
            if Bool.random(using: &random) {
                try run.kill(victim)
                try run.startWorker()
                count.kills += 1
            } else {
                victim.send(SIGSTOP)
                let time = Duration.milliseconds(Int.random(in: 1000...5000, using: &random))
                paused.append((victim, .now.advanced(by: time)))
                count.pauses += 1
            }
            if Int.random(in: 0..<5, using: &random) == 0, let scheduler = run.schedulers.first {
                try run.kill(scheduler)
                try run.startScheduler()
            }
        }
        for process in paused { process.process.send(SIGCONT) }
        return count
    }
}
