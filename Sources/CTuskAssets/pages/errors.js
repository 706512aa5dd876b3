// Failures by cause, each to be retried as a whole, and how far that is.
import { address } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { chip, empty, head, jobLink, meter, panel, table } from "/assets/parts.js";
import { count, time } from "/assets/words.js";
import { attempt } from "/assets/dialogs.js";
import { failedJobs, grouped } from "/assets/failures.js";
import { cancelOperation, replay, retryJobs } from "/assets/commands.js";

const groupsMax = 200;
const waitingMax = 500;
const operationsMax = 20;

export default {
    title: () => "Errors",

    async load(visit) {
        const [causes, waiting, listed] = await Promise.all([
            visit.get(address("/v1/errors", { page_size: groupsMax })),
            failedJobs(visit, waitingMax, ["retryable"]),
            visit.get(address("/v1/operations", { page_size: operationsMax })),
        ]);
        return { causes, waiting: grouped(waiting), operations: listed.operations };
    },

    view({ causes, waiting, operations }, visit) {
        return [
            head("Errors"),
            discarded(causes, visit),
            operations.length > 0 && underWay(operations, visit),
            waiting.length > 0 && retryable(waiting, visit),
        ];
    },
};

const causeColumns = [
    { name: "Error" },
    { name: "Kind" },
    { name: "Reason" },
    { name: "Jobs", class: "number" },
    { name: "First", class: "number" },
    { name: "Last", class: "number" },
    { name: "Newest", class: "number" },
    { name: "Actions", hidden: true, class: "tight" },
];

function discarded({ errors, examined, examined_max: most }, visit) {
    const title = "Discarded, by cause";
    if (!errors.length) return panel(title, null, empty("No failures", "No job was discarded."));
    const note = examined >= most && h("span", { class: "muted" }, `of the ${count(examined)} discarded last`);
    const rows = errors.map((group) => ({
        key: group.fingerprint,
        cells: [
            message(group.message),
            h("a", { href: address("/jobs", { state: "discarded", kind: group.kind }) }, group.kind),
            group.reason,
            count(group.count),
            time(group.first_at),
            time(group.last_at),
            jobLink(group.newest_job),
            act("Retry all", () => attempt(() => replay(group, visit.refresh))),
        ],
    }));
    return panel(title, note, table("Errors by cause", causeColumns, rows));
}

const operationColumns = [
    { name: "Operation" },
    { name: "State" },
    { name: "Jobs" },
    { name: "Canary" },
    { name: "Asked for", class: "number" },
    { name: "By" },
    { name: "Reason" },
    { name: "Actions", hidden: true, class: "tight" },
];

const styles = { canary: "running", stopped: "bad" };

function underWay(operations, visit) {
    const rows = operations.map((operation) => ({
        key: `operation ${operation.id}`,
        cells: [
            h("span", { class: "cut" }, `${operation.id}: ${operation.action} ${aim(operation.filter)}`),
            chip(styles[operation.state] ?? operation.state, operation.state),
            progress(operation),
            operation.canary && `${operation.canary_failed} of ${operation.canary.count} failed`,
            time(operation.created_at),
            h("span", { class: "cut" }, operation.created_by),
            operation.reason && h("span", { class: "cut", title: operation.reason }, operation.reason),
            !operation.ended_at && act("Cancel", () => cancelOperation(operation.id, visit.refresh), operation.id),
        ],
    }));
    return panel("Operations", null, table("Operations", operationColumns, rows));
}

/** Which jobs an operation is about. */
function aim(filter) {
    return Object.values(filter).join(" ");
}

function progress({ id, done, refused, matched }) {
    const bar = meter(done, matched, `Progress of operation ${id}`);
    return refused ? [bar, h("span", { class: "muted" }, `${count(refused)} refused`)] : bar;
}

const waitingColumns = [
    { name: "Error" },
    { name: "Kind" },
    { name: "Jobs", class: "number" },
    { name: "Last", class: "number" },
    { name: "Newest", class: "number" },
    { name: "Actions", hidden: true, class: "tight" },
];

function retryable(groups, visit) {
    const rows = groups.map((group) => {
        const ids = group.jobs.map((job) => job.id);
        return {
            key: group.key,
            cells: [
                message(group.example),
                h("a", { href: address("/jobs", { state: group.state, kind: group.kind }) }, group.kind),
                count(ids.length, waitingMax),
                time(group.last),
                jobLink(ids[0]),
                act("Retry now", () => retryJobs(ids, visit.refresh)),
            ],
        };
    });
    return panel("Waiting for a retry, by cause", null, table("Waiting for a retry by cause", waitingColumns, rows));
}

function message(text) {
    return h("span", { class: "cut mono", title: text }, text.split("\n", 1)[0] || "no error was recorded");
}

function act(word, click, what) {
    const label = what && `${word} ${what}`;
    const options = { type: "button", class: "small", "aria-label": label, on: { click } };
    return h("div", { class: "row" }, h("button", options, word));
}
