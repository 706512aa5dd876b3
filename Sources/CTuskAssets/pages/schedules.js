// Schedules: what the clock enqueues.
import { address, within } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { chip, empty, head, jobLink, panel, table } from "/assets/parts.js";
import { time } from "/assets/words.js";
import { pauseSchedule, resumeSchedule, runSchedule } from "/assets/commands.js";
import { attempt } from "/assets/dialogs.js";

const pageSize = 100;

export default {
    title: () => "Schedules",

    async load(visit) {
        return visit.get(address("/v1/schedules", { page_size: pageSize, page_token: visit.query.page }));
    },

    view({ schedules, next_page_token: next }, visit) {
        const more = next && h("a", { class: "button", href: address("/schedules", { page: next }) }, "More");
        return [head("Schedules"), content(schedules, visit), h("div", { class: "pages", key: "pages" }, more)];
    },
};

const columns = [
    { name: "Schedule" },
    { name: "State" },
    { name: "Rule" },
    { name: "Kind" },
    { name: "Next", class: "number" },
    { name: "Last", class: "number" },
    { name: "Last job", class: "number" },
    { name: "Actions", hidden: true, class: "tight" },
];

function content(schedules, visit) {
    if (!schedules.length) {
        const hint = h("code", null, "tusk schedule add nightly --cron '0 3 * * *' --kind report");
        return panel("All schedules", null, empty("There are no schedules", ["Add one: ", hint]));
    }
    const rows = schedules.map((schedule) => ({
        key: schedule.name,
        cells: [
            h("a", { href: within("/schedules", schedule.name) }, schedule.name),
            scheduleState(schedule),
            h("span", null, h("code", null, schedule.cron), " ", h("span", { class: "muted" }, schedule.time_zone)),
            h("a", { href: address("/jobs", { kind: schedule.job.kind }) }, schedule.job.kind),
            time(schedule.next_tick_at),
            time(schedule.last_tick_at),
            schedule.last_job_id && jobLink(schedule.last_job_id),
            h("div", { class: "row" }, scheduleActions(schedule, visit, "small")),
        ],
    }));
    return panel("All schedules", null, table("Schedules", columns, rows));
}

/** Whether a schedule fires. */
export function scheduleState(schedule) {
    if (schedule.fault) return h("span", { title: schedule.fault }, chip("bad", "faulty"));
    if (!schedule.paused) return chip("good", "going on");
    const note = schedule.pause.reason && h("div", { class: "cut muted", title: schedule.pause.reason }, schedule.pause.reason);
    return h("div", null, chip("paused"), note);
}

/** What can be done with a schedule. */
export function scheduleActions(schedule, visit, style) {
    const { name } = schedule;
    const resume = () => attempt(() => resumeSchedule(name, visit.refresh));
    const action = (word, work) =>
        h("button", { type: "button", class: style, "aria-label": `${word} ${name}`, on: { click: work } }, word);
    return [
        action("Run now", () => runSchedule(name, visit.refresh)),
        schedule.paused ? action("Resume", resume) : action("Pause", () => pauseSchedule(name, visit.refresh)),
    ];
}
