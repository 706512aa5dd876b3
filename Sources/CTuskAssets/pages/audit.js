// What operators changed: who, what, when and why. The filter is in the address.
import { Problem, address, within } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { empty, head, panel, table } from "/assets/parts.js";
import { time } from "/assets/words.js";
import { text } from "/assets/tree.js";

const names = ["actor", "action", "target", "since"];
const pageSize = 50;
const valueMax = 200;

export default {
    title: () => "Audit",

    async load(visit) {
        const query = { ...filterOf(visit.query), page_size: pageSize, page_token: visit.query.page };
        try {
            return await visit.get(address("/v1/audit", query));
        } catch (problem) {
            // The filter is the reader's, and so is the key: the page stays and says what is wrong with them.
            if (!(problem instanceof Problem) || ![400, 403].includes(problem.status)) throw problem;
            return { audit: [], problem };
        }
    },

    /** Another filter: what is there stays until the answer comes. */
    keeps() {},

    view(data, visit) {
        if (data.problem?.status === 403) return [head("Audit"), panel("Changes", null, forbidden())];
        const fault = visit.state.fault ?? data.problem?.text;
        return [head("Audit"), search(visit, fault), list(data, visit), footer(data, visit)];
    },
};

function forbidden() {
    const command = h("code", null, "tusk key create --name auditor --scope admin");
    return empty("This key may not see who changed what", ["It takes one with the scope admin: ", command]);
}

function filterOf(query) {
    return Object.fromEntries(names.map((name) => [name, query[name]]));
}

function search(visit, fault) {
    const filter = filterOf(visit.query);
    const written = names.filter((name) => filter[name]).map((name) => `${name}:${filter[name]}`).join(" ");
    const send = (event) => {
        event.preventDefault();
        const meaning = understood(event.target.elements.filter.value);
        visit.state.fault = meaning.fault;
        if (meaning.address) visit.go(meaning.address);
        else visit.draw();
    };
    return h(
        "form",
        { class: "search", key: "search", role: "search", on: { submit: send } },
        h("input", {
            name: "filter",
            type: "search",
            "data-search": true,
            "aria-label": "Filter",
            placeholder: "actor:anna action:queue.pause target:queue:mail since:2026-01-31T00:00:00Z",
            autocomplete: "off",
            spellcheck: "false",
            is: { value: written },
        }),
        h("button", null, "Filter"),
        written && h("a", { href: "/audit", class: "button" }, "Clear"),
        h("span", { class: "fault", role: "alert" }, fault),
    );
}

/** What a text in the filter box leads to. A name may have spaces: what has no colon belongs to what is before it. */
export function understood(written) {
    const filter = {};
    let last = null;
    for (const word of written.trim().split(/\s+/).filter(Boolean)) {
        const colon = word.indexOf(":");
        const name = word.slice(0, colon);
        if (colon > 0 && names.includes(name) && filter[name] === undefined) {
            filter[name] = word.slice(colon + 1);
            last = name;
        } else if (last) {
            filter[last] = `${filter[last]} ${word}`.trim();
        } else {
            return { fault: `${word}: write ${names.map((one) => `${one}:…`).join(", ")}.` };
        }
    }
    return { address: address("/audit", filter) };
}

const columns = [
    { name: "What" },
    { name: "Of" },
    { name: "Who" },
    { name: "When", class: "number" },
    { name: "Why" },
    { name: "Change" },
];

function list({ audit }, visit) {
    if (!audit.length) return panel("Changes", null, none(visit));
    const filter = filterOf(visit.query);
    const narrowed = (more) => address("/audit", { ...filter, ...more });
    const rows = audit.map((record) => ({
        key: record.id,
        cells: [
            h("a", { href: narrowed({ action: record.action }), title: "Only changes of this sort" }, record.action),
            target(record, narrowed),
            h(
                "div",
                null,
                h("a", { href: narrowed({ actor: record.actor_id }), title: "Only changes by them" }, record.actor),
                record.origin && h("div", null, h("small", { class: "muted" }, record.origin)),
            ),
            time(record.at),
            record.reason,
            changes(record),
        ],
    }));
    return panel("Changes", null, table("Changes", columns, rows, "dense"));
}

function none(visit) {
    const isFiltered = Object.values(filterOf(visit.query)).some(Boolean);
    const hint = isFiltered
        ? h("a", { href: "/audit" }, "Show all changes")
        : "Whoever pauses, cancels, retries or sets something is written down here, with the reason.";
    return empty(isFiltered ? "No change is like that" : "Nothing was changed yet", hint);
}

const places = {
    queue: (name) => within("/queues", name),
    schedule: (name) => within("/schedules", name),
    job: (name) => within("/jobs", name),
    limit: () => "/limits",
    order: () => "/order-keys",
    operation: () => "/errors",
};

/** The thing that was changed, where it can be seen, and a way to all that was done to it. */
function target({ target_kind: kind, target: name }, narrowed) {
    const place = Object.hasOwn(places, kind) ? places[kind](name) : null;
    return h(
        "div",
        null,
        h("span", { class: "muted" }, `${kind} `),
        place ? h("a", { href: place, class: "mono" }, name) : h("span", { class: "mono" }, name),
        h("div", null, h("small", null, h("a", { href: narrowed({ target: `${kind}:${name}` }) }, "All of it"))),
    );
}

/** What differs between before and after; of what was made or removed, all there is. */
function changes({ before = {}, after = {} }) {
    const keys = [...new Set([...Object.keys(before), ...Object.keys(after)])].sort();
    // What every object inherits is none of its values.
    const shown = (state, key) => (Object.hasOwn(state, key) ? line(state[key]) : "–");
    const differing = keys.filter((key) => shown(before, key) !== shown(after, key));
    if (!differing.length) return null;
    const items = differing.map((key) =>
        h("li", { key }, h("b", null, key), ` ${shown(before, key)} → ${shown(after, key)}`),
    );
    return h(
        "details",
        null,
        h("summary", null, differing.length === 1 ? differing[0] : `${differing.length} values`),
        h("ul", null, items),
    );
}

function line(value) {
    const whole = text(value).replaceAll(/\n\s*/g, " ");
    return whole.length > valueMax ? `${whole.slice(0, valueMax)}…` : whole;
}

function footer({ next_page_token: next }, visit) {
    const filter = filterOf(visit.query);
    const older = next && address("/audit", { ...filter, page: next });
    return h(
        "div",
        { class: "pages", key: "pages" },
        visit.query.page && h("a", { class: "button", href: address("/audit", filter) }, "Newest"),
        older && h("a", { class: "button", "data-page": "next", href: older }, "Older"),
    );
}
