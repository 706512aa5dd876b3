// The keyboard: pages, rows, and what can be done with them.
import { h, show } from "/assets/dom.js";
import { open } from "/assets/dialogs.js";

const places = {
    o: ["/", "Overview"],
    j: ["/jobs", "Jobs"],
    e: ["/errors", "Errors"],
    q: ["/queues", "Queues"],
    s: ["/schedules", "Schedules"],
    w: ["/workers", "Workers"],
    l: ["/limits", "Limits"],
    k: ["/order-keys", "Order keys"],
    h: ["/health", "Health"],
    a: ["/audit", "Audit"],
};
const prefixSeconds = 1.5;

let actions;
let prefixedAt = -Infinity;

/** From now on keys do things. */
export function listenToKeys(given) {
    actions = given;
    document.addEventListener("keydown", press);
}

function press(event) {
    if ((event.metaKey || event.ctrlKey) && event.key === "k") {
        event.preventDefault();
        return showPalette();
    }
    const isTyping = event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog");
    if (isTyping || event.metaKey || event.ctrlKey || event.altKey) return;
    const isPrefixed = event.timeStamp - prefixedAt < prefixSeconds * 1000;
    prefixedAt = event.key === "g" ? event.timeStamp : -Infinity;
    if (isPrefixed && places[event.key]) return actions.go(places[event.key][0]);
    const work = single[event.key];
    if (!work) return;
    if (work() !== false) event.preventDefault();
}

const single = {
    "?": showHelp,
    "/": () => focus("[data-search]"),
    r: () => actions.toggleLive(),
    t: () => actions.toggleTheme(),
    j: () => move(1),
    k: () => move(-1),
    x: () => click("tr.current input[type=checkbox]"),
    Enter: () => document.activeElement === document.getElementById("main") && click("tr.current a"),
    R: () => click("[data-action=retry]"),
    C: () => click("[data-action=cancel]"),
    e: () => click("[data-action=edit]"),
    n: () => click("[data-page=next]"),
    Escape: () => click("[data-action=clear]"),
};

function focus(selector) {
    const element = document.querySelector(selector);
    if (!element) return false;
    element.focus();
    element.select();
    return true;
}

function click(selector) {
    const element = document.querySelector(selector);
    element?.click();
    return Boolean(element);
}

/** The row that j and k have come to, by its key; pages mark it when they draw. */
export const cursor = { key: null };

function move(step) {
    const rows = [...document.querySelectorAll("main tbody tr")];
    if (!rows.length) return false;
    const before = rows.findIndex((row) => row.classList.contains("current"));
    const row = rows[Math.max(0, Math.min(rows.length - 1, before < 0 ? 0 : before + step))];
    for (const other of rows) other.classList.toggle("current", other === row);
    cursor.key = row.dataset.key;
    row.scrollIntoView({ block: "nearest" });
    document.getElementById("main").focus({ preventScroll: true });
    return true;
}

/** Shows what keys do. */
export function showHelp() {
    const rows = [
        ["/", "Search jobs"],
        ["j k", "Next and previous row"],
        ["Enter", "Open the row"],
        ["x", "Select the row"],
        ["R", "Retry what is selected or shown"],
        ["C", "Cancel what is selected or shown"],
        ["e", "Edit what is shown"],
        ["n", "Next page"],
        ["r", "Updates on or off"],
        ["t", "Light or dark"],
        ["Ctrl K", "Go to a page or a job"],
        ...Object.entries(places).map(([key, [, word]]) => [`g ${key}`, word]),
    ];
    const list = rows.map(([keys, word]) => [
        h("dt", null, keys.split(" ").map((one) => [h("kbd", null, one), " "])),
        h("dd", null, word),
    ]);
    const close = h("button", { on: { click: () => dialog.close() } }, "Close");
    const dialog = open("Keys", [h("h2", null, "Keys"), h("dl", { class: "keys" }, list), h("p", null, close)]);
}

/** Goes to a page, or to a job by its id. */
function showPalette() {
    if (document.querySelector("dialog")) return;
    let matches = [];
    let chosen = 0;
    const list = h("ul", { role: "listbox", id: "matches", "aria-label": "Pages" });
    const input = h("input", {
        type: "text",
        role: "combobox",
        "aria-expanded": "true",
        "aria-controls": "matches",
        "aria-label": "Page, or id of a job",
        placeholder: "Page, or id of a job",
        autocomplete: "off",
    });
    const run = (match) => {
        dialog.close();
        if (match) actions.go(match[0]);
    };
    const draw = () => {
        const text = input.value.trim().toLowerCase();
        matches = Object.values(places).filter(([, word]) => word.toLowerCase().includes(text));
        if (/^[1-9][0-9]{0,18}$/.test(text)) matches.unshift([`/jobs/${text}`, `Job ${text}`]);
        chosen = Math.max(0, Math.min(chosen, matches.length - 1));
        const items = matches.map((match, index) =>
            h(
                "li",
                { role: "presentation" },
                h(
                    "button",
                    { role: "option", "aria-selected": String(index === chosen), on: { click: () => run(match) } },
                    match[1],
                ),
            ),
        );
        show(list, items.length ? items : h("li", { class: "empty" }, "No such page"));
    };
    input.addEventListener("input", draw);
    input.addEventListener("keydown", (event) => {
        const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
        if (step) chosen += step;
        if (event.key === "Enter") run(matches[chosen]);
        if (!step) return;
        event.preventDefault();
        draw();
    });
    const dialog = open("Go to", [input, list], "palette");
    draw();
    input.focus();
}
