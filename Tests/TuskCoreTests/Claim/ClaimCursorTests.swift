import Testing
import TuskCore

struct ClaimCursorTests {
    private func cursor() -> ClaimCursor {
        var cursor = ClaimCursor()
        cursor.noteFullScan(now: .zero)
        return cursor
    }

    @Test func `the first claim of a lane is a full scan`() {
        #expect(ClaimCursor().fullScanIsDue(now: .zero))
        #expect(ClaimCursor().cursor(now: .zero) == 0)
    }

    @Test func `the cursor moves up when all that were writing have ended`() {
        var cursor = cursor()
        cursor.record(highestRank: 100, snapshotXmin: 50, snapshotXmax: 60, now: .milliseconds(10))
        #expect(cursor.cursor(now: .milliseconds(10)) == 0)
        cursor.record(highestRank: 120, snapshotXmin: 59, snapshotXmax: 65, now: .milliseconds(20))
        #expect(cursor.cursor(now: .milliseconds(20)) == 0)
        cursor.record(highestRank: 130, snapshotXmin: 60, snapshotXmax: 70, now: .milliseconds(30))
        #expect(cursor.cursor(now: .milliseconds(30)) == 100)
        cursor.record(highestRank: nil, snapshotXmin: 70, snapshotXmax: 70, now: .milliseconds(40))
        #expect(cursor.cursor(now: .milliseconds(40)) == 130)
    }

    @Test func `a record is not confirmed by its own snapshot`() {
        var cursor = cursor()
        cursor.record(highestRank: 100, snapshotXmin: 60, snapshotXmax: 60, now: .milliseconds(10))
        #expect(cursor.cursor(now: .milliseconds(10)) == 0)
    }

    @Test func `a forgotten transaction holds the cursor back for two seconds only`() {
        var cursor = cursor()
        cursor.record(highestRank: 100, snapshotXmin: 50, snapshotXmax: 60, now: .milliseconds(10))
        #expect(cursor.cursor(now: .milliseconds(2009)) == 0)
        #expect(cursor.cursor(now: .milliseconds(2010)) == 100)
    }

    @Test func `every five seconds the next claim looks at all`() {
        var cursor = cursor()
        cursor.record(highestRank: 100, snapshotXmin: 50, snapshotXmax: 60, now: .milliseconds(10))
        cursor.record(highestRank: nil, snapshotXmin: 60, snapshotXmax: 60, now: .milliseconds(20))
        #expect(cursor.cursor(now: .milliseconds(4999)) == 100)
        #expect(cursor.cursor(now: .milliseconds(5000)) == 0)
        cursor.noteFullScan(now: .milliseconds(5001))
        #expect(cursor.cursor(now: .milliseconds(5001)) == 100)
        #expect(cursor.cursor(now: .milliseconds(10_001)) == 0)
    }

    @Test func `late rows that did not fit into one claim are not passed by`() {
        var cursor = cursor()
        cursor.record(highestRank: 1000, snapshotXmin: 50, snapshotXmax: 60, now: .milliseconds(10))
        // A transaction with ranks 100 to 900 has committed; the claim took a hundred of them.
        cursor.record(highestRank: 200, snapshotXmin: 60, snapshotXmax: 61, now: .milliseconds(20))
        #expect(cursor.cursor(now: .milliseconds(20)) <= 200)
        cursor.record(highestRank: 900, reachedLimit: false, snapshotXmin: 61, snapshotXmax: 61, now: .milliseconds(30))
        #expect(cursor.cursor(now: .milliseconds(30)) == 200)
        cursor.record(highestRank: nil, reachedLimit: false, snapshotXmin: 61, snapshotXmax: 61, now: .milliseconds(40))
        #expect(cursor.cursor(now: .milliseconds(40)) == 900)
    }

    @Test func `a full scan that finds more than it may take goes on where it stopped`() {
        var cursor = cursor()
        cursor.record(highestRank: 1000, snapshotXmin: 50, snapshotXmax: 60, now: .milliseconds(10))
        cursor.record(highestRank: nil, snapshotXmin: 60, snapshotXmax: 60, now: .milliseconds(20))
        #expect(cursor.cursor(now: .milliseconds(20)) == 1000)
        cursor.noteFullScan(now: .milliseconds(5000))
        cursor.record(highestRank: 300, snapshotXmin: 70, snapshotXmax: 70, now: .milliseconds(5000))
        #expect(cursor.cursor(now: .milliseconds(5000)) == 300)
    }

    @Test func `a claim that took all it saw leaves the cursor where it is`() {
        var cursor = cursor()
        cursor.record(highestRank: 1000, snapshotXmin: 50, snapshotXmax: 60, now: .milliseconds(10))
        cursor.record(highestRank: nil, snapshotXmin: 60, snapshotXmax: 60, now: .milliseconds(20))
        cursor.record(highestRank: 300, reachedLimit: false, snapshotXmin: 70, snapshotXmax: 70, now: .milliseconds(30))
        #expect(cursor.cursor(now: .milliseconds(30)) == 1000)
    }

    @Test func `with more records than are kept the cursor still follows`() {
        var cursor = cursor()
        for step in 1...1000 as ClosedRange<Int64> {
            cursor.record(highestRank: step, snapshotXmin: 1, snapshotXmax: 2 + step, now: .milliseconds(step))
        }
        #expect(cursor.cursor(now: .milliseconds(1000)) == 0)
        #expect((60...1000).contains(cursor.cursor(now: .milliseconds(3000))))
        cursor.record(highestRank: 1001, snapshotXmin: 2000, snapshotXmax: 2000, now: .milliseconds(1001))
        #expect(cursor.cursor(now: .milliseconds(1001)) == 1000)
    }
}
