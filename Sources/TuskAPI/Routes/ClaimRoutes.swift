import TuskCore
import TuskHTTP
import TuskStore

/// Work over HTTP: claim jobs, say that one lives and how far the jobs are, settle.
struct ClaimRoutes: Sendable {
    let claims: ClaimDesk
    let configuration: APIConfiguration

    /// The longest body of a claim: its names, each of the longest.
    private static let claimBytesMax = 32 << 10

    var routes: [APIRoute] {
        let claimBody = BodyRule.buffered(bytesMax: Self.claimBytesMax)
        let beatBody = BodyRule.buffered(bytesMax: 4096)
        let reportBody = BodyRule.buffered(bytesMax: ReportForm.bytesMax)
        let settleBody = BodyRule.buffered(bytesMax: configuration.settleBodyBytesMax)
        return [
            APIRoute(.post, "/v1/claims", .scope(.work), body: claimBody, handle: claim),
            APIRoute(.post, "/v1/claims/{lease}:heartbeat", .scope(.work), body: beatBody, handle: beat),
            APIRoute(.post, "/v1/claims/{lease}:report", .scope(.work), body: reportBody, handle: report),
            APIRoute(.post, "/v1/claims/{lease}:settle", .scope(.work), body: settleBody, handle: settle),
        ]
    }

    private func claim(_ call: Call) {
        do throws(Problem) {
            let document = try call.json(limits: JSONLimits(bytesMax: Self.claimBytesMax))
            do throws(ValidationError) {
                claims.enter(call, try ClaimForm(document.root))
            } catch {
                throw Problem(error)
            }
        } catch {
            call.refuse(error)
        }
    }

    private func beat(_ call: Call) {
        do throws(Problem) {
            try call.requireEmptyObject()
            let token = try Self.token(call)
            claims.answer(call) { claimer throws(Problem) in try claimer.beat(call, token) }
        } catch {
            call.refuse(error)
        }
    }

    private func report(_ call: Call) {
        claims.answer(call) { claimer throws(Problem) in
            let token = try Self.token(call)
            let document = try call.json(limits: JSONLimits(bytesMax: ReportForm.bytesMax))
            let reports: [OutsideReport]
            do throws(ValidationError) {
                reports = try ReportForm.reports(document.root)
            } catch {
                throw Problem(error)
            }
            return try claimer.report(call, token, reports)
        }
    }

    /// The body may be large, so it is read on a lane.
    private func settle(_ call: Call) {
        claims.answer(call) { claimer throws(Problem) in
            let token = try Self.token(call)
            let document = try call.json(limits: SettleForm.limits(bytesMax: configuration.settleBodyBytesMax))
            let outcomes: [OutsideOutcome]
            do throws(ValidationError) {
                outcomes = try SettleForm.outcomes(document.root)
            } catch {
                throw Problem(error)
            }
            return try claimer.settle(call, token, outcomes)
        }
    }

    private static func token(_ call: Call) throws(Problem) -> ClaimToken {
        guard let token = call.request.parameters["lease"].flatMap({ ClaimToken($0) }) else {
            let rule = "A lease is \(ClaimToken.digitCount) lower-case hexadecimal digits, as its claim answered."
            throw .parameter("lease", code: "invalid_lease", rule)
        }
        return token
    }
}
