// Queues: what is in them, who serves them, and stopping and limiting them.
import { address, within } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { chip, empty, head, panel, table } from "/assets/parts.js";
import { duration, time } from "/assets/words.js";
import { pauseQueue, resumeQueue, setLimit } from "/assets/commands.js";
import { attempt } from "/assets/dialogs.js";
import { allowance, paused, rate } from "/assets/limits.js";
import { amount } from "/assets/overview.js";

export default {
    title: () => "Queues",

    async load(visit) {
        const [{ queues, count_max: countMax }, { limits }] = await Promise.all([
            visit.get("/v1/queues"),
            visit.get("/v1/limits"),
        ]);
        return { queues, countMax, limits: new Map(limits.map((limit) => [limit.key, limit])) };
    },

    view(data, visit) {
        return [head("Queues"), content(data, visit)];
    },
};

const columns = [
    { name: "Queue" },
    { name: "Claims" },
    { name: "Available", class: "number" },
    { name: "Running", class: "number" },
    { name: "Scheduled", class: "number" },
    { name: "Blocked", class: "number" },
    { name: "Oldest wait", class: "number" },
    { name: "Workers", class: "number" },
    { name: "Limit" },
    { name: "Actions", hidden: true, class: "tight" },
];

function content({ queues, countMax, limits }, visit) {
    if (!queues.length) {
        const hint = ["A queue is there once a job or a worker names it: ", h("code", null, "tusk job add tusk.echo")];
        return panel("All queues", null, empty("There are no queues", hint));
    }
    const rows = queues.map((queue) => {
        const limit = limits.get(`queue:${queue.name}`);
        const link = (state) => h("a", { href: address("/jobs", { queue: queue.name, state }) }, amount(queue[state], countMax));
        const wait = queue.oldest_wait_seconds;
        return {
            key: queue.name,
            cells: [
                h("a", { href: within("/queues", queue.name) }, queue.name),
                claims(queue),
                link("available"),
                link("running"),
                link("scheduled"),
                link("blocked"),
                wait ? duration(wait) : h("span", { class: "zero" }, "none"),
                serving(queue),
                limit ? [allowance(limit), rate(limit)] : h("span", { class: "zero" }, "none"),
                queueActions(queue, limit, visit),
            ],
        };
    });
    return panel("All queues", null, table("Queues", columns, rows));
}

/** Whether its jobs are claimed, or who paused it. */
export function claims({ pause }) {
    return pause ? paused(pause) : chip("good", "going on");
}

function serving(queue) {
    if (queue.workers > 0) return String(queue.workers);
    return queue.available > 0 ? chip("bad", "none") : h("span", { class: "zero" }, "0");
}

/** Buttons that pause, resume and limit a queue. */
export function queueActions(queue, limit, visit) {
    const resume = () => attempt(() => resumeQueue(queue.name, visit.refresh));
    const small = (word, label, work) =>
        h("button", { type: "button", class: "small", "aria-label": `${label} ${queue.name}`, on: { click: work } }, word);
    return h(
        "div",
        { class: "row" },
        queue.paused
            ? small("Resume", "Resume", resume)
            : small("Pause", "Pause", () => pauseQueue(queue.name, visit.refresh)),
        small("Limit", "Limit of", () => setLimit(`queue:${queue.name}`, { most: limit?.running_max, rate: limit?.rate, breaker: limit?.breaker }, visit.refresh)),
    );
}
