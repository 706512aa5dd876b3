// One queue: what is in it, what holds it back, what it did, and who serves it.
import { address, within } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { icon } from "/assets/icons.js";
import { copier, empty, head, panel } from "/assets/parts.js";
import { count, duration } from "/assets/words.js";
import { charts, loadSeries } from "/assets/charts.js";
import { fleet } from "/assets/workers.js";
import { claims, queueActions } from "/assets/queues.js";
import { purgeQueue } from "/assets/commands.js";
import { attempt } from "/assets/dialogs.js";
import { allowance, rate } from "/assets/limits.js";

const none = { available: 0, running: 0, scheduled: 0, blocked: 0, workers: 0 };

export default {
    title: (visit) => `Queue ${visit.name}`,

    async load(visit) {
        const name = visit.name;
        const [explanation, { queues, count_max: countMax }, { limits }, { workers }, series] = await Promise.all([
            visit.get(`${within("/v1/queues", name)}/explain`),
            visit.get("/v1/queues"),
            visit.get("/v1/limits"),
            visit.get("/v1/workers"),
            loadSeries(visit, name),
        ]);
        return {
            // One that nothing names any more has a past all the same.
            queue: queues.find((queue) => queue.name === name) ?? { ...none, name },
            countMax,
            limit: limits.find((limit) => limit.key === `queue:${name}`),
            workers: workers.filter((worker) => worker.queues.includes(name)),
            explanation,
            series,
        };
    },

    view({ queue, countMax, limit, workers, explanation, series }, visit) {
        return [
            head(
                `Queue ${queue.name}`,
                queueActions(queue, limit, visit),
                purge(queue, visit),
                copier(`tusk why --queue ${queue.name}`, "Copy command"),
            ),
            tiles(queue, countMax, limit),
            reasons(explanation),
            charts(series, visit, within("/queues", queue.name)),
            panel("Workers that serve it", null, workers.length ? fleet(workers) : empty("No live worker serves it")),
        ];
    },
};

function purge({ name }, visit) {
    return h("button", { type: "button", class: "small danger", on: { click: () => attempt(() => purgeQueue(name, visit.refresh)) } }, "Purge");
}

function tiles(queue, countMax, limit) {
    const states = ["available", "running", "scheduled", "blocked"].map((state) =>
        tile(state, state, count(queue[state], countMax), address("/jobs", { queue: queue.name, state })),
    );
    const wait = queue.oldest_wait_seconds ? duration(queue.oldest_wait_seconds) : "none";
    return h(
        "div",
        { class: "tiles", key: "tiles" },
        states,
        tile("wait", "oldest wait", wait),
        h("div", { class: "tile", key: "claims" }, h("span", { class: "label" }, "Claims"), claims(queue)),
        limit && h("div", { class: "tile", key: "limit" }, h("span", { class: "label" }, "Limit"), allowance(limit), rate(limit)),
    );
}

function tile(key, label, value, href) {
    const words = [
        h("span", { class: "label" }, icon(key === "wait" ? "scheduled" : key), label[0].toUpperCase() + label.slice(1)),
        h("span", { class: "value" }, value),
    ];
    return href ? h("a", { class: "tile", href, key }, words) : h("div", { class: "tile", key }, words);
}

function reasons({ reasons: found, runnable }) {
    const items = found.map((reason) =>
        h("li", { key: reason.message }, icon(runnable ? "good" : "warning"), h("span", null, reason.message)),
    );
    return panel("Why its jobs wait", null, h("div", { class: "inside" }, h("ul", { class: "reasons" }, items)));
}
