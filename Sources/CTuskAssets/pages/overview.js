// How things are, and what needs somebody.
import { address, within } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { icon } from "/assets/icons.js";
import { chip, empty, head, panel, spark, table } from "/assets/parts.js";
import { count, duration, plural } from "/assets/words.js";
import { charts, loadSeries } from "/assets/charts.js";
import { failedJobs, grouped, groupList } from "/assets/failures.js";
import { enqueueJob } from "/assets/commands.js";

const waitSecondsMax = 60;
const samplesMax = 150;
const failureSeconds = 15;

// Kept while the dashboard is open, whichever page is shown.
const samples = [];
let failures = { at: -Infinity, jobs: [] };

export default {
    title: () => "Overview",

    async load(visit) {
        const [queues, workers, schedules, ready, series] = await Promise.all([
            visit.get("/v1/queues"),
            visit.get("/v1/workers"),
            visit.get("/v1/schedules?page_size=200"),
            visit.get("/readyz"),
            loadSeries(visit),
        ]);
        // Failures change seldom, and reading them costs more than the rest.
        if (performance.now() - failures.at > failureSeconds * 1000) {
            failures = { at: performance.now(), jobs: await failedJobs(visit, 50) };
        }
        const data = { ...sums(queues, workers), schedules: schedules.schedules, ready, series, failed: failures.jobs };
        samples.push(data.totals);
        if (samples.length > samplesMax) samples.shift();
        return data;
    },

    view(data, visit) {
        const actions = h("button", { type: "button", on: { click: () => enqueueJob(visit.go) } }, "Enqueue a job");
        const problems = attention(data);
        return [
            head("Overview", actions),
            tiles(data),
            charts(data.series, visit, "/"),
            h(
                "div",
                { class: "columns", key: "columns" },
                h("div", null, attentionPanel(problems), queuePanel(data)),
                h("div", null, failurePanel(data.failed)),
            ),
        ];
    },
};

function sums({ queues, count_max: countMax }, { workers }) {
    const totals = { available: 0, running: 0, scheduled: 0, blocked: 0, wait: 0 };
    for (const queue of queues) {
        for (const name of ["available", "running", "scheduled", "blocked"]) totals[name] += queue[name];
        totals.wait = Math.max(totals.wait, queue.oldest_wait_seconds ?? 0);
    }
    const slots = workers.reduce((sum, worker) => sum + worker.slots, 0);
    return { queues, workers, totals, slots, countMax };
}

function tiles({ totals, workers, slots, countMax, queues }) {
    const isCut = (name) => queues.some((queue) => queue[name] >= countMax);
    const number = (name) => count(totals[name]) + (isCut(name) ? "+" : "");
    const trend = (name, label) => spark(samples.map((sample) => sample[name]), `${label} since this page was opened`);
    const states = ["available", "running", "scheduled", "blocked"].map((name) =>
        h(
            "a",
            { class: "tile", href: address("/jobs", { state: name }), key: name },
            h("span", { class: "label" }, icon(name), label(name)),
            h("span", { class: "value" }, number(name)),
            trend(name, label(name)),
        ),
    );
    const wait = h(
        "a",
        { class: "tile", href: "/queues", key: "wait" },
        h("span", { class: "label" }, icon("scheduled"), "Oldest wait"),
        h("span", { class: "value" }, totals.wait ? duration(totals.wait) : "none"),
        trend("wait", "Oldest wait"),
    );
    const fleet = h(
        "a",
        { class: "tile", href: "/workers", key: "workers" },
        h("span", { class: "label" }, icon("workers"), "Workers"),
        h("span", { class: "value" }, count(workers.length), h("small", null, ` with ${plural(slots, "slot")}`)),
        h("progress", {
            max: Math.max(slots, 1),
            value: Math.min(totals.running, Math.max(slots, 1)),
            "aria-label": "Slots in use",
        }),
    );
    return h("div", { class: "tiles", key: "tiles" }, states, wait, fleet);
}

function label(name) {
    return name[0].toUpperCase() + name.slice(1);
}

/** Everything that does not go on by itself. */
function attention({ ready, queues, schedules }) {
    const found = [];
    const add = (key, style, text, href, word) => found.push({ key, style, text, href, word });
    if (!ready.ready) add("ready", "bad", `Not ready: ${ready.reasons.join(", ")}.`, "/health", "See health");
    for (const queue of queues) {
        const waits = queue.available + queue.running > 0;
        const href = address("/jobs", { queue: queue.name, state: "available" });
        const wait = queue.oldest_wait_seconds ?? 0;
        if (queue.paused) {
            const why = queue.pause.reason ? `: ${queue.pause.reason}` : "";
            add(`p ${queue.name}`, "paused", `${queue.name} is paused by ${queue.pause.by}${why}.`, "/queues", "Resume");
        } else if (queue.available > 0 && queue.workers === 0) {
            add(`w ${queue.name}`, "bad", `${queue.name}: jobs wait, and no live worker serves it.`, href, "See jobs");
        } else if (queue.kinds_not_offered.length > 0) {
            const kinds = queue.kinds_not_offered.join(", ");
            add(`k ${queue.name}`, "bad", `${queue.name}: no live worker offers ${kinds}.`, href, "See jobs");
        } else if (waits && wait > waitSecondsMax) {
            add(`o ${queue.name}`, "warning", `${queue.name}: the oldest job waits for ${duration(wait)}.`, href, "See jobs");
        }
    }
    for (const schedule of schedules) {
        const href = within("/schedules", schedule.name);
        if (schedule.fault) add(`s ${schedule.name}`, "bad", `${schedule.name}: ${schedule.fault}`, href, "See schedule");
    }
    return found;
}

function attentionPanel(problems) {
    const items = problems.map(({ key, style, text, href, word }) =>
        h("li", { key }, chip(style, styleWords[style]), h("span", null, text), h("a", { class: "do", href }, word)),
    );
    const none = empty("Nothing needs attention", "No queue is paused, waits too long or lacks workers for its jobs.");
    return panel("Needs attention", null, items.length ? h("ul", { class: "attention" }, items) : none);
}

const styleWords = { bad: "problem", warning: "slow", paused: "paused" };

function queuePanel({ queues, countMax }) {
    const more = h("a", { href: "/queues" }, "All queues");
    if (!queues.length) {
        const hint = ["Enqueue the first job: ", h("code", null, "tusk job add tusk.echo")];
        return panel("Queues", more, empty("No queue holds anything", hint));
    }
    const columns = [
        { name: "Queue" },
        ...["Available", "Running", "Scheduled"].map((name) => ({ name, class: "number" })),
        { name: "Oldest wait", class: "number" },
    ];
    const busiest = [...queues].sort((one, other) => other.available - one.available).slice(0, 8);
    const rows = busiest.map((queue) => ({
        key: queue.name,
        cells: [
            h("a", { href: within("/queues", queue.name) }, queue.name),
            ...["available", "running", "scheduled"].map((name) => amount(queue[name], countMax)),
            queue.oldest_wait_seconds ? duration(queue.oldest_wait_seconds) : h("span", { class: "zero" }, "none"),
        ],
    }));
    return panel("Queues", more, table("Queues", columns, rows));
}

/** A number in a table; nothing is less loud than something. */
export function amount(number, max) {
    return number === 0 ? h("span", { class: "zero" }, "0") : count(number, max);
}

function failurePanel(jobs) {
    const more = h("a", { href: "/errors" }, "All errors");
    const groups = grouped(jobs).slice(0, 6);
    const none = empty("No failures", "Neither discarded jobs nor jobs that wait for a retry.");
    return panel("Recent failures", more, groups.length ? groupList(groups) : none);
}
