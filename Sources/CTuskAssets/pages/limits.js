// Limits: how many jobs with a key may run at once and start in a time.
import { h } from "/assets/dom.js";
import { empty, head, meter, panel, table } from "/assets/parts.js";
import { count, time } from "/assets/words.js";
import { removeLimit, setLimit } from "/assets/commands.js";

export default {
    title: () => "Limits",

    async load(visit) {
        return visit.get("/v1/limits");
    },

    view({ limits, waiting_max: waitingMax }, visit) {
        const add = h("button", { type: "button", on: { click: () => setLimit("", {}, visit.refresh) } }, "Set a limit");
        return [head("Limits", add), content(limits, waitingMax, visit)];
    },
};

function rate(limit) {
    if (!limit.rate) return null;
    const { max, seconds, burst } = limit.rate;
    return `${max} in ${seconds} s${burst > 1 ? `, ${burst} at once` : ""}`;
}

function allowance(limit) {
    if (limit.pause) return `paused by ${limit.pause.by}${limit.pause.reason ? `: ${limit.pause.reason}` : ""}`;
    if (limit.running_max === undefined) return "any number";
    // The limit of a class is for each key of it, so nothing runs under the class itself.
    if (limit.running === undefined) return `${limit.running_max} for each`;
    return meter(limit.running, limit.running_max, `Limit of ${limit.key}`);
}

const columns = [
    { name: "Key" },
    { name: "Running" },
    { name: "Starting" },
    { name: "Waiting", class: "number" },
    { name: "Changed", class: "number" },
    { name: "By" },
    { name: "Actions", hidden: true, class: "tight" },
];

function content(limits, waitingMax, visit) {
    if (!limits.length) {
        const hint = ["At most five jobs of a queue at once: ", h("code", null, "tusk limit set queue:mail 5")];
        return panel("All limits", null, empty("There are no limits", hint));
    }
    const rows = limits.map((limit) => ({
        key: limit.key,
        cells: [
            h("span", { class: "mono" }, limit.key),
            allowance(limit),
            rate(limit),
            limit.waiting === undefined ? null : count(limit.waiting, waitingMax),
            time(limit.updated_at),
            limit.updated_by,
            actions(limit, visit),
        ],
    }));
    return panel("All limits", null, table("Limits", columns, rows));
}

function actions({ key, running_max: most, rate }, visit) {
    const change = () => setLimit(key, { most, rate }, visit.refresh);
    const remove = () => removeLimit(key, visit.refresh);
    return h(
        "div",
        { class: "row" },
        h("button", { type: "button", class: "small", "aria-label": `Change ${key}`, on: { click: change } }, "Change"),
        h("button", { type: "button", class: "small danger", "aria-label": `Remove ${key}`, on: { click: remove } }, "Remove"),
    );
}
