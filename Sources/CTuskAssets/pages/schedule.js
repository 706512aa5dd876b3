// One schedule: its rule in words, its next times, and what became of those that passed.
import { within } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { chip, copier, empty, facts, head, jobLink, panel, table } from "/assets/parts.js";
import { duration, plural, time } from "/assets/words.js";
import { text, tree } from "/assets/tree.js";
import { scheduleActions, scheduleState } from "/assets/schedules.js";

const previewCount = 10;
const ticksMax = 100;

export default {
    title: (visit) => `Schedule ${visit.name}`,

    async load(visit) {
        const path = within("/v1/schedules", visit.name);
        const [schedule, preview, { ticks }] = await Promise.all([
            visit.get(path),
            visit.get(`${path}/preview?count=${previewCount}`),
            visit.get(`${path}/ticks?page_size=${ticksMax}`),
        ]);
        return { schedule, preview, ticks };
    },

    view({ schedule, preview, ticks }, visit) {
        const job = h("div", { class: "inside" }, tree(schedule.job, "Job"));
        return [
            head(schedule.name, scheduleActions(schedule, visit)),
            summary(schedule, preview),
            h(
                "div",
                { class: "columns", key: "columns" },
                h("div", null, ledger(ticks)),
                h("div", null, next(preview), panel("Job", copier(text(schedule.job)), job)),
            ),
        ];
    },
};

function summary(schedule, preview) {
    const window = schedule.catch_up_window_seconds;
    const list = facts([
        ["State", scheduleState(schedule)],
        ["Rule", h("code", null, schedule.cron)],
        ["In words", preview.words],
        ["Time zone", schedule.time_zone],
        ["Next", time(schedule.next_tick_at)],
        ["Last", time(schedule.last_tick_at)],
        ["Last job", schedule.last_job_id && jobLink(schedule.last_job_id)],
        ["Jitter", schedule.jitter_seconds ? duration(schedule.jitter_seconds) : "none"],
        ["Overlap", schedule.overlap],
        ["Catch up", schedule.catch_up + (schedule.catch_up_max ? `, at most ${schedule.catch_up_max}` : "")],
        ["Within", window && duration(window)],
        ["Fault", schedule.fault],
    ]);
    return h("section", { class: "panel", key: "summary", "aria-label": "Facts" }, h("div", { class: "inside" }, list));
}

function next({ ticks }) {
    if (!ticks.length) return panel("Next times", null, empty("It does not fire again"));
    const items = ticks.map((tick) =>
        h(
            "li",
            { key: tick.planned_at },
            h("b", null, time(tick.due_at ?? tick.planned_at)),
            h("span", { class: "muted" }, new Date(tick.planned_at).toUTCString().replace("GMT", "UTC")),
        ),
    );
    return panel("Next times", null, h("div", { class: "inside" }, h("ol", { class: "timeline" }, items)));
}

const outcomes = {
    fired: ["good", "fired"],
    missed: ["bad", "missed"],
    skipped_overlap: ["warning", "skipped, the last still ran"],
    queued: ["scheduled", "waits for the last"],
    paused: ["paused", "paused"],
};

const columns = [
    { name: "Planned" },
    { name: "Outcome" },
    { name: "Times", class: "number" },
    { name: "Job", class: "number" },
    { name: "By" },
];

function ledger(ticks) {
    if (!ticks.length) return panel("Ledger", null, empty("No time has passed yet"));
    const rows = ticks.map((tick) => {
        const [style, word] = outcomes[tick.outcome] ?? ["plain", tick.outcome];
        return {
            key: `${tick.planned_at} ${tick.recorded_at}`,
            cells: [
                time(tick.planned_at),
                chip(style, word),
                tick.count ? plural(tick.count, "time") : h("span", { class: "zero" }, "1"),
                tick.job_id && jobLink(tick.job_id),
                tick.requested_by ?? null,
            ],
        };
    });
    return panel("Ledger", null, table("Ledger", columns, rows));
}
