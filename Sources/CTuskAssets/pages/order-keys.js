// Order keys that jobs wait for: who holds each line, and letting it go on.
import { address } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { chip, empty, head, jobLink, panel, table } from "/assets/parts.js";
import { count, time } from "/assets/words.js";
import { releaseOrderKey } from "/assets/commands.js";

const pageSize = 100;
// Where the API stops counting.
const waitingMax = 10_000;

export default {
    title: () => "Order keys",

    async load(visit) {
        const query = { page_size: pageSize, page_token: visit.query.page_token };
        return visit.get(address("/v1/order-keys", query));
    },

    view(data, visit) {
        return [head("Order keys"), content(data, visit)];
    },
};

const columns = [
    { name: "Key" },
    { name: "Held by" },
    { name: "State" },
    { name: "Held until", class: "number" },
    { name: "Waiting", class: "number" },
    { name: "Actions", hidden: true, class: "tight" },
];

function content({ order_keys: keys, next_page_token: next }, visit) {
    if (!keys.length) {
        const command = h("code", null, "tusk job add report --order tenant:7");
        const hint = ["Jobs with the same order key run one at a time: ", command];
        return panel("Lines", null, empty("No job waits in a line", hint));
    }
    const rows = keys.map((line) => ({
        key: line.key,
        cells: [
            h("span", { class: "mono" }, line.key),
            line.head ? jobLink(line.head) : h("span", { class: "zero" }, "nobody"),
            line.head_state === "ended" ? chip("plain", "ended") : chip(line.head_state),
            until(line),
            count(line.waiting, waitingMax),
            release(line, visit),
        ],
    }));
    const more =
        next && h("a", { href: address("/order-keys", { page_token: next }), "data-page": "next" }, "Next page");
    return panel("Lines", more, table("Order keys", columns, rows));
}

/** Only a discarded job holds a line after its end: for a time, or until somebody lets it go on. */
function until(line) {
    if (line.head_state !== "discarded") return "its end";
    return line.blocked_until ? time(line.blocked_until) : "it is released";
}

function release({ key, head_state: state }, visit) {
    if (state !== "discarded") return null;
    const work = () => releaseOrderKey(key, visit.refresh);
    const options = { type: "button", class: "small", "aria-label": `Release ${key}`, on: { click: work } };
    return h("button", options, "Release");
}
