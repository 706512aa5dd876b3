// JSON as a tree to open and close, with numbers exactly as they were sent.
import { h } from "/assets/dom.js";
import { ExactNumber } from "/assets/api.js";

const openDepth = 3;
const itemsMax = 200;

/** The tree of a value. */
export function tree(value, label) {
    return h("div", { class: "tree", role: "region", "aria-label": label, tabindex: "0" }, branch(value, null, 0));
}

function branch(value, name, depth) {
    const title = name === null ? null : [h("span", { class: "key" }, name), ": "];
    if (value === null || typeof value !== "object" || value instanceof ExactNumber) {
        return h("div", null, title, leaf(value));
    }
    const isList = Array.isArray(value);
    const items = isList ? value.map((item, index) => [String(index), item]) : Object.entries(value);
    if (items.length === 0) return h("div", null, title, isList ? "[]" : "{}");
    const size = isList ? `[${items.length}]` : `{${items.length}}`;
    const shown = items.slice(0, itemsMax).map(([key, item]) => h("li", null, branch(item, key, depth + 1)));
    if (items.length > itemsMax) shown.push(h("li", { class: "muted" }, `${items.length - itemsMax} more`));
    return h("details", { open: depth < openDepth }, h("summary", null, title, size), h("ul", null, shown));
}

function leaf(value) {
    if (typeof value === "string") return h("span", { class: "string" }, JSON.stringify(value));
    if (value instanceof ExactNumber) return h("span", { class: "numeral" }, value.source);
    if (typeof value === "number") return h("span", { class: "numeral" }, String(value));
    return h("span", { class: "word" }, String(value));
}

/** The value as JSON text again, indented. */
export function text(value, indent = "") {
    if (value instanceof ExactNumber) return value.source;
    if (value === null || typeof value !== "object") return JSON.stringify(value);
    const isList = Array.isArray(value);
    const inner = indent + "  ";
    const items = isList
        ? value.map((item) => text(item, inner))
        : Object.entries(value).map(([key, item]) => `${JSON.stringify(key)}: ${text(item, inner)}`);
    const [start, end] = isList ? "[]" : "{}";
    return items.length ? `${start}\n${inner}${items.join(`,\n${inner}`)}\n${indent}${end}` : start + end;
}
