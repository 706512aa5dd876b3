// Limits: how many jobs with a key may run at once and start in a time.
import { h } from "/assets/dom.js";
import { chip, empty, head, meter, panel, table } from "/assets/parts.js";
import { attempt } from "/assets/dialogs.js";
import { count, time } from "/assets/words.js";
import { closeBreaker, pauseKey, removeLimit, resumeKey, setLimit } from "/assets/commands.js";

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

/** What may start in a time; null: anything. */
export function rate(limit) {
    if (!limit.rate) return null;
    const { max, seconds, burst } = limit.rate;
    return `${max} in ${seconds} s${burst > 1 ? `, ${burst} at once` : ""}`;
}

/** What may run at once, and what runs. */
export function allowance(limit) {
    if (limit.pause) return paused(limit.pause);
    if (limit.running_max === undefined) return "any number";
    // The limit of a class is for each key of it, so nothing runs under the class itself.
    if (limit.running === undefined) return `${limit.running_max} for each`;
    return meter(limit.running, limit.running_max, `Limit of ${limit.key}`);
}

/** After how many failures its breaker opens, or since when it is open; null: it has none. */
function breaker({ key, breaker }) {
    if (!breaker) return null;
    const seen = breaker.failures_seen ?? 0;
    if (!breaker.open) return `${seen} of ${breaker.failures}`;
    if (!breaker.opened_at) return h("div", null, chip("blocked", "open"), ` ${breaker.open} of its keys`);
    const next = breaker.wave ? `, ${breaker.wave} at once` : [", tries ", time(breaker.probe_at)];
    return h(
        "div",
        null,
        chip("blocked", "open"),
        h("span", { class: "muted" }, " since ", time(breaker.opened_at), next),
        h("div", { class: "cut", title: breaker.reason }, breaker.reason),
    );
}

/** Who paused something, since and until when, and why. */
export function paused({ by, at, reason, until }) {
    const end = until && [" until ", time(until)];
    const note = h("span", { class: "muted" }, "by ", by, " ", time(at), end);
    return h("div", null, chip("paused"), " ", note, reason && h("div", { class: "cut", title: reason }, reason));
}

const columns = [
    { name: "Key" },
    { name: "Running" },
    { name: "Starting" },
    { name: "Breaker" },
    { name: "Share", class: "number" },
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
            breaker(limit),
            limit.share_weight ?? null,
            limit.waiting === undefined ? null : count(limit.waiting, waitingMax),
            time(limit.updated_at),
            limit.updated_by,
            actions(limit, visit),
        ],
    }));
    return panel("All limits", null, table("Limits", columns, rows));
}

function actions({ key, running_max: most, rate, breaker, share_weight: share, pause }, visit) {
    const change = () => setLimit(key, { most, rate, breaker, share }, visit.refresh);
    const close = () => attempt(() => closeBreaker(key, visit.refresh));
    const remove = () => removeLimit(key, visit.refresh);
    const hold = pause ? () => attempt(() => resumeKey(key, visit.refresh)) : () => pauseKey(key, visit.refresh);
    const word = pause ? "Resume" : "Pause";
    return h(
        "div",
        { class: "row" },
        breaker?.open && h("button", { type: "button", class: "small", "aria-label": `Close ${key}`, on: { click: close } }, "Close"),
        h("button", { type: "button", class: "small", "aria-label": `${word} ${key}`, on: { click: hold } }, word),
        h("button", { type: "button", class: "small", "aria-label": `Change ${key}`, on: { click: change } }, "Change"),
        h("button", { type: "button", class: "small danger", "aria-label": `Remove ${key}`, on: { click: remove } }, "Remove"),
    );
}
