// What several pages are made of.
import { h, svg } from "/assets/dom.js";
import { icon } from "/assets/icons.js";
import { within } from "/assets/api.js";
import { cursor } from "/assets/keys.js";

/** A state or a judgement as icon and word, never as colour alone. */
export function chip(style, word = style) {
    return h("span", { class: `chip ${style}` }, icon(style), word);
}

/** The heading of a page, and what can be done there. */
export function head(title, ...actions) {
    return h("div", { class: "head" }, h("h1", null, title), h("div", { class: "actions" }, actions));
}

/** A part of a page with a heading. */
export function panel(title, actions, ...content) {
    return h(
        "section",
        { class: "panel", key: title },
        h("header", null, h("h2", null, title), actions && h("div", { class: "actions" }, actions)),
        content,
    );
}

/** What stands where there is nothing. */
export function empty(title, ...hints) {
    return h("div", { class: "empty" }, h("strong", null, title), hints.map((hint) => h("p", null, hint)));
}

/** A table. `columns`: {name, class}; `rows`: {key, class, cells, on}. Narrow screens show its rows as cards. */
export function table(label, columns, rows, style = "") {
    // The first column with a name on show is what a row is called.
    const naming = columns.findIndex((column) => !column.hidden);
    const cell = (content, column, index) =>
        index === naming
            ? h("th", { scope: "row", class: column.class }, content)
            : h("td", { class: column.class, "data-label": !column.hidden && column.name }, content);
    return h(
        "div",
        { class: `scroll ${style}`, role: "region", "aria-label": label, tabindex: "0" },
        h(
            "table",
            { class: "cards" },
            h("thead", null, h("tr", null, columns.map((column) => heading(column)))),
            h(
                "tbody",
                null,
                rows.map((row) =>
                    h(
                        "tr",
                        { key: row.key, class: rowStyle(row), on: row.on },
                        row.cells.map((content, index) => cell(content, columns[index], index)),
                    ),
                ),
            ),
        ),
    );
}

function rowStyle({ key, class: style }) {
    const styles = [style, key !== undefined && key === cursor.key && "current"].filter(Boolean);
    return styles.length ? styles.join(" ") : null;
}

function heading({ name, hidden, class: style }) {
    const content = hidden ? h("span", { class: "hidden" }, name) : name;
    return h("th", { scope: "col", class: style }, content);
}

/** Names with what they stand for; those without a value are left out. */
export function facts(entries) {
    return h(
        "dl",
        { class: "facts" },
        entries
            .filter(([, value]) => value !== undefined && value !== null && value !== "")
            .map(([name, value]) => h("div", { key: name }, h("dt", null, name), h("dd", null, value))),
    );
}

/** How much of something is used. */
export function meter(used, most, label) {
    return h(
        "div",
        { class: "meter" },
        h("progress", { max: Math.max(most, 1), value: Math.min(used, Math.max(most, 1)), "aria-label": label }),
        h("span", null, `${used} / ${most}`),
    );
}

/** A line through the last values, on a scale from 0. */
export function spark(values, label) {
    const top = Math.max(...values, 1);
    const step = 100 / Math.max(values.length - 1, 1);
    const points = values.map((value, index) => `${(index * step).toFixed(2)} ${(27 - (value / top) * 25).toFixed(2)}`);
    const line = points.length > 1 ? `M${points.join("L")}` : "";
    return svg(
        "svg",
        { class: "spark", viewBox: "0 0 100 28", preserveAspectRatio: "none", role: "img", "aria-label": label },
        line && svg("path", { class: "fill", d: `${line}L100 28L0 28Z` }),
        line && svg("path", { d: line }),
    );
}

/** A button; `work` may take its time, and the button waits for it. */
export function button(word, work, style = "") {
    const run = async (event) => {
        const target = event.currentTarget;
        target.disabled = true;
        try {
            await work(event);
        } finally {
            target.disabled = false;
        }
    };
    return h("button", { type: "button", class: style, on: { click: run } }, word);
}

/** A link to a job. */
export function jobLink(id, word = id) {
    return h("a", { href: within("/jobs", id), class: "mono" }, word);
}

/** A button that copies a text. */
export function copier(text, word = "Copy") {
    const copy = async (event) => {
        const target = event.currentTarget;
        await navigator.clipboard.writeText(text);
        target.textContent = "Copied";
        setTimeout(() => (target.textContent = word), 1500);
    };
    return h("button", { type: "button", class: "small plain", on: { click: copy } }, word);
}

/** A page that could not be read. */
export function failure(problem, retry) {
    return h(
        "div",
        { class: "panel" },
        h(
            "div",
            { class: "empty", role: "alert" },
            h("strong", null, problem.title),
            h("p", null, problem.text),
            problem.requestID && h("p", null, "Request ", h("code", null, problem.requestID)),
            button("Try again", retry),
        ),
    );
}
