// One job: how it came to where it is, what it was given, what became of it.
import { address, within } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { icon } from "/assets/icons.js";
import { chip, copier, empty, facts, head, panel } from "/assets/parts.js";
import { between, clock, duration, time } from "/assets/words.js";
import { text, tree } from "/assets/tree.js";
import { cancelJobs, editJob, retryJobs } from "/assets/commands.js";
import { tagLink } from "/assets/jobs.js";

const ended = new Set(["completed", "cancelled", "discarded"]);
const unretryable = new Set(["running", "blocked", "completed"]);

export default {
    title: (visit) => `Job ${visit.name}`,

    async load(visit) {
        const path = within("/v1/jobs", visit.name);
        const job = await visit.get(`${path}?include=attempts,logs`);
        const explanation = ended.has(job.state) ? null : await visit.get(`${path}/explain`);
        return { job, explanation };
    },

    view({ job, explanation }, visit) {
        return [
            head(
                `Job ${job.id}`,
                editButton(job, visit),
                retryButton(job, visit),
                cancelButton(job, visit),
                copier(`tusk job get ${job.id}`, "Copy command"),
            ),
            summary(job),
            h(
                "div",
                { class: "columns", key: "columns" },
                h("div", null, explained(job, explanation), failed(job), attempts(job), logs(job)),
                h("div", null, panel("Timeline", null, h("div", { class: "inside" }, timeline(job))), values(job)),
            ),
        ];
    },
};

/** Only what waits can be changed. */
function editButton(job, visit) {
    if (job.state === "running" || ended.has(job.state)) return null;
    const edit = () => editJob(job, visit.refresh);
    return h("button", { type: "button", "data-action": "edit", on: { click: edit } }, "Edit");
}

function retryButton(job, visit) {
    const retry = () => retryJobs([job.id], visit.refresh);
    const properties = { type: "button", "data-action": "retry", disabled: unretryable.has(job.state), on: { click: retry } };
    return h("button", properties, job.state === "scheduled" ? "Run now" : "Retry");
}

function cancelButton(job, visit) {
    const cancel = () => cancelJobs([job.id], visit.refresh);
    const properties = { type: "button", class: "danger", "data-action": "cancel", disabled: ended.has(job.state) };
    return h("button", { ...properties, on: { click: cancel } }, "Cancel");
}

function summary(job) {
    const progress =
        job.progress &&
        h(
            "div",
            { class: "inside", key: "progress" },
            h("progress", { max: 1, value: job.progress.fraction, "aria-label": "Progress" }),
            h("p", { class: "muted" }, `${Math.round(job.progress.fraction * 100)} % ${job.progress.message ?? ""}`),
        );
    const list = facts([
        ["State", chip(job.state)],
        ["Kind", h("a", { href: address("/jobs", { kind: job.kind }) }, job.kind)],
        ["Queue", h("a", { href: address("/jobs", { queue: job.queue }) }, job.queue)],
        ["Attempt", `${job.attempt} of ${job.max_attempts}`],
        ["Priority", String(job.priority)],
        ["Enqueued", time(job.created_at)],
        ["Due", ended.has(job.state) ? null : time(job.run_at)],
        ["Started", time(job.started_at)],
        ["Ended", time(job.finished_at)],
        ["Took", job.started_at && job.finished_at ? duration(between(job.started_at, job.finished_at)) : null],
        ["Waits for", job.blocked_by],
        ["Limits", job.limits?.map((limit) => (limit.key ? `${limit.key} (${limit.weight})` : limit)).join(", ")],
        ["Order key", job.order_key],
        ["Fair key", job.fair_key],
        ["Start by", time(job.start_by)],
        ["Finish by", time(job.finish_by)],
        ["Unique", job.unique && h("code", null, JSON.stringify(job.unique))],
        ["Retry", job.retry && h("code", null, JSON.stringify(job.retry))],
        ["Timeout", job.timeout_seconds && duration(job.timeout_seconds)],
        ["Told to stop", time(job.cancel_requested_at)],
        ["Worker", job.worker && h("span", { class: "mono" }, job.worker)],
        ["Lease", job.lease && h("span", { class: "mono" }, job.lease)],
        ["Trace", job.traceparent && h("span", { class: "mono" }, job.traceparent)],
        ["Tags", job.tags.length ? h("span", { class: "tags" }, job.tags.map(tagLink)) : null],
    ]);
    return h("section", { class: "panel", key: "summary", "aria-label": "Facts" }, h("div", { class: "inside" }, list), progress);
}

function explained(job, explanation) {
    if (!explanation || job.state === "running") return null;
    const items = explanation.reasons.map((reason) =>
        h("li", { key: reason.message }, icon(explanation.runnable ? "good" : "warning"), h("span", null, reason.message)),
    );
    return panel("Why it is not running", null, h("div", { class: "inside" }, h("ul", { class: "reasons" }, items)));
}

function failed(job) {
    const text = job.error ?? job.reason;
    if (!text) return null;
    const title = job.error ? "Last error" : "Reason";
    const box = h("pre", { class: "errortext", tabindex: "0", role: "region", "aria-label": title }, text);
    return panel(title, copier(text), h("div", { class: "inside" }, box));
}

const outcomes = {
    failed: ["bad", "failed"],
    discarded: ["bad", "discarded"],
    lost: ["bad", "lost"],
    snoozed: ["warning", "snoozed"],
    given_back: ["warning", "given back"],
};

function attempts(job) {
    if (!job.attempts.length) return null;
    const items = job.attempts.map((attempt) => {
        const [style, word] = outcomes[attempt.ended] ?? ["plain", attempt.ended];
        const line = [
            chip(style, word),
            h("b", null, `Attempt ${attempt.attempt}`),
            h("span", { class: "muted" }, "after ", duration(between(attempt.started_at, attempt.ended_at))),
            h("span", { class: "muted do" }, time(attempt.ended_at)),
        ];
        const error = attempt.error && attempt.error !== job.error;
        const details =
            error && h("details", null, h("summary", null, attempt.error.split("\n", 1)[0]), h("pre", { class: "errortext" }, attempt.error));
        return h("li", { key: attempt.lease }, line, details);
    });
    return panel(`Failed attempts`, null, h("ul", { class: "attention" }, items));
}

function logs(job) {
    if (!job.logs.length) return null;
    const lines = job.logs.map((line) =>
        h(
            "li",
            { class: line.level, key: `${line.lease} ${line.line}` },
            h("time", { class: "muted", datetime: line.logged_at, title: line.logged_at }, clock(line.logged_at)),
            h("span", null, line.level),
            h("span", null, line.message),
        ),
    );
    return panel("Log", null, h("div", { class: "log", tabindex: "0", role: "region", "aria-label": "Log" }, h("ol", null, lines)));
}

/** Everything that happened, in order, with the time that passed between. */
function timeline(job) {
    const events = [{ at: job.created_at, style: "", word: "enqueued" }];
    if (job.run_at && job.run_at > job.created_at) events.push({ at: job.run_at, style: "", word: "due" });
    for (const attempt of job.attempts) {
        const [style, word] = outcomes[attempt.ended] ?? ["", attempt.ended];
        events.push({ at: attempt.started_at, style: "running", word: `attempt ${attempt.attempt} started` });
        events.push({ at: attempt.ended_at, style, word: `attempt ${attempt.attempt} ${word}` });
    }
    const isNew = (moment) => moment && !job.attempts.some((attempt) => attempt.started_at === moment);
    if (isNew(job.started_at)) events.push({ at: job.started_at, style: "running", word: `attempt ${job.attempt} started` });
    if (job.cancel_requested_at) events.push({ at: job.cancel_requested_at, style: "warning", word: "told to stop" });
    if (job.finished_at) {
        events.push({ at: job.finished_at, style: job.state === "completed" ? "good" : "bad", word: job.state });
    }
    events.sort((one, other) => (one.at < other.at ? -1 : one.at > other.at ? 1 : 0));
    const items = events.map((event, index) => {
        const passed = index > 0 ? between(events[index - 1].at, event.at) : 0;
        return h(
            "li",
            { class: event.style || null },
            h("b", null, event.word),
            h("span", { class: "muted" }, time(event.at), index > 0 && ` · ${duration(passed)} later`),
        );
    });
    return h("ol", { class: "timeline" }, items);
}

function values(job) {
    return [
        ["Args", job.args],
        ["Result", job.result],
        ["Metadata", job.metadata],
    ].map(([title, value]) => {
        if (value === undefined) return null;
        const isNothing = value !== null && typeof value === "object" && Object.keys(value).length === 0;
        if (title !== "Args" && isNothing) return null;
        const content = isNothing ? empty("No args") : h("div", { class: "inside" }, tree(value, title));
        return panel(title, copier(text(value)), content);
    });
}
