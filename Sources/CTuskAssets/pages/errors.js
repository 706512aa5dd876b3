// Failures by cause, each to be retried as a whole.
import { address } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { chip, empty, head, jobLink, panel, table } from "/assets/parts.js";
import { count, time } from "/assets/words.js";
import { failedJobs, grouped } from "/assets/failures.js";
import { retryJobs } from "/assets/commands.js";

const jobsMax = 500;

export default {
    title: () => "Errors",

    async load(visit) {
        return failedJobs(visit, jobsMax);
    },

    view(jobs, visit) {
        const groups = grouped(jobs);
        const note = `The newest ${count(jobsMax)} discarded jobs and the newest ${count(jobsMax)} that wait for a retry.`;
        return [head("Errors"), h("p", { class: "muted", key: "note" }, note), content(groups, visit)];
    },
};

function content(groups, visit) {
    if (!groups.length) {
        return panel("By cause", null, empty("No failures", "Neither discarded jobs nor jobs that wait for a retry."));
    }
    const columns = [
        { name: "Error" },
        { name: "Kind" },
        { name: "State" },
        { name: "Jobs", class: "number" },
        { name: "Last", class: "number" },
        { name: "Newest", class: "number" },
        { name: "Actions", hidden: true, class: "tight" },
    ];
    const rows = groups.map((group) => {
        const ids = group.jobs.map((job) => job.id);
        const retry = () => retryJobs(ids, visit.refresh);
        return {
            key: group.key,
            cells: [
                h("span", { class: "cut mono", title: group.example }, group.example.split("\n", 1)[0]),
                h("a", { href: address("/jobs", { state: group.state, kind: group.kind }) }, group.kind),
                chip(group.state),
                count(ids.length),
                time(group.last),
                jobLink(ids[0]),
                h("div", { class: "row" }, h("button", { type: "button", class: "small", on: { click: retry } }, "Retry all")),
            ],
        };
    });
    return panel("By cause", null, table("Errors by cause", columns, rows));
}
