// Jobs, filtered; the filter is in the address.
import { address } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { icon } from "/assets/icons.js";
import { chip, empty, head, jobLink, panel, table } from "/assets/parts.js";
import { plural, time } from "/assets/words.js";
import { cancelJobs, enqueueJob, retryJobs } from "/assets/commands.js";

const states = ["available", "running", "scheduled", "retryable", "blocked", "completed", "cancelled", "discarded"];
const names = ["queue", "kind", "tag"];
const pageSize = 50;
const retryable = new Set(["scheduled", "available", "retryable", "discarded", "cancelled"]);
const cancellable = new Set(["scheduled", "available", "running", "retryable", "blocked"]);

export default {
    title: () => "Jobs",

    async load(visit) {
        const { state, queue, kind, tag, page } = visit.query;
        const filter = { state, queue, kind, tag, page_size: pageSize, page_token: page };
        const found = await visit.get(address("/v1/jobs", filter));
        return merged(found, visit.state);
    },

    /** Another filter: the rows of the one before say nothing about it. */
    keeps(before, next) {
        next.state = { text: undefined };
    },

    view({ jobs, fresh, next, isKnown }, visit) {
        const selected = selection(visit);
        const chosen = jobs.filter((job) => selected.has(job.id));
        return [
            head("Jobs", h("button", { type: "button", on: { click: () => enqueueJob(visit.go) } }, "Enqueue a job")),
            filters(visit),
            search(visit),
            list(jobs, isKnown, selected, next, visit),
            footer(fresh, next, jobs.length > 0, visit),
            chosen.length > 0 && actions(chosen, visit),
        ];
    },
};

function selection(visit) {
    return (visit.state.selected ??= new Set());
}

/** What is shown stays in its place while it changes; what is new waits until it is asked for. */
function merged(found, state) {
    const known = new Map(found.jobs.map((job) => [job.id, job]));
    if (!state.jobs || state.jobs.length === 0 || state.takesAll) {
        state.jobs = found.jobs;
        state.takesAll = false;
    }
    const lowest = found.jobs.length ? BigInt(found.jobs.at(-1).id) : undefined;
    const top = state.jobs.length ? BigInt(state.jobs[0].id) : 0n;
    state.jobs = state.jobs.map((job) => known.get(job.id) ?? job);
    // A row that the filter does not find any more is shown as such, but not one that only moved to the next page.
    const isKnown = (job) => known.has(job.id) || (found.next_page_token && (lowest === undefined || BigInt(job.id) < lowest));
    const fresh = found.jobs.filter((job) => BigInt(job.id) > top).length;
    return { jobs: state.jobs, fresh, next: found.next_page_token, isKnown };
}

function filterOf(query) {
    const { state, queue, kind, tag } = query;
    return { state, queue, kind, tag };
}

function filters(visit) {
    const link = (state, word) =>
        h(
            "a",
            {
                href: address("/jobs", { ...filterOf(visit.query), state }),
                "aria-current": visit.query.state === state && "true",
            },
            state && icon(state),
            word,
        );
    const links = [link(undefined, "All"), ...states.map((state) => link(state, state))];
    return h("nav", { class: "filters", key: "filters", "aria-label": "State" }, links);
}

function search(visit) {
    const filter = filterOf(visit.query);
    const text = [...names, "state"].filter((name) => filter[name]).map((name) => `${name}:${filter[name]}`).join(" ");
    const fault = h("span", { class: "fault", role: "alert" }, visit.state.fault);
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
            placeholder: "kind:send_email queue:mail tag:x state:discarded, or an id",
            autocomplete: "off",
            spellcheck: "false",
            is: { value: text },
        }),
        h("button", null, "Filter"),
        text && h("a", { href: "/jobs", class: "button" }, "Clear"),
        fault,
    );
}

/** What a text in the filter box leads to. */
export function understood(text) {
    const words = text.trim().split(/\s+/).filter(Boolean);
    if (words.length === 1 && /^[1-9][0-9]{0,18}$/.test(words[0])) return { address: `/jobs/${words[0]}` };
    const filter = {};
    for (const word of words) {
        const colon = word.indexOf(":");
        const name = word.slice(0, colon);
        const isKnown = colon > 0 && [...names, "state", "id"].includes(name) && colon < word.length - 1;
        if (!isKnown) return { fault: `${word}: write ${names.map((one) => `${one}:…`).join(", ")}, state:… or an id.` };
        if (name === "id") return { address: `/jobs/${encodeURIComponent(word.slice(colon + 1))}` };
        filter[name] = word.slice(colon + 1);
    }
    return { address: address("/jobs", filterOf(filter)) };
}

const columns = [
    { name: "Select", hidden: true, class: "tight" },
    { name: "Job" },
    { name: "State" },
    { name: "Kind" },
    { name: "Queue" },
    { name: "Attempt", class: "number" },
    { name: "When", class: "number" },
    { name: "What" },
];

function list(jobs, isKnown, selected, next, visit) {
    if (!jobs.length) return panel("Jobs", null, none(next, visit));
    const rows = jobs.map((job) => ({
        key: job.id,
        class: isKnown(job) ? null : "gone",
        cells: [
            box(job, selected, visit),
            jobLink(job.id),
            isKnown(job) ? chip(job.state) : h("span", { class: "muted" }, "not in the list any more"),
            h("a", { href: address("/jobs", { ...filterOf(visit.query), kind: job.kind }) }, job.kind),
            h("a", { href: address("/jobs", { ...filterOf(visit.query), queue: job.queue }) }, job.queue),
            `${job.attempt} / ${job.max_attempts}`,
            when(job),
            what(job),
        ],
    }));
    return panel("Jobs", selectAll(jobs, selected, visit), table("Jobs", columns, rows, "dense"));
}

function none(next, visit) {
    if (next) return empty("No job is like that among those looked at so far", further(next, visit));
    const isFiltered = Object.values(filterOf(visit.query)).some(Boolean);
    const hint = isFiltered
        ? h("a", { href: "/jobs" }, "Show all jobs")
        : ["Enqueue the first: ", h("code", null, "tusk job add tusk.echo")];
    return empty(isFiltered ? "No job is like that" : "There are no jobs", hint);
}

/** Where the list goes on. */
function further(next, visit) {
    const target = address("/jobs", { ...filterOf(visit.query), page: next });
    return h("a", { class: "button", "data-page": "next", href: target }, "Older");
}

/** The moment that matters in the state the job is in. */
function when(job) {
    return time(job.finished_at ?? (job.state === "running" ? job.started_at : job.run_at) ?? job.created_at);
}

/** What there is to say about a job in one line. */
function what(job) {
    const note = job.error ?? job.reason ?? (job.blocked_by && `waits for ${job.blocked_by}`) ?? job.progress?.message;
    const tags = job.tags.length ? h("span", { class: "tags" }, job.tags.map((tag) => tagLink(tag))) : null;
    const line = note && h("span", { class: "cut muted", title: note }, note.split("\n", 1)[0]);
    const bar =
        job.state === "running" && job.progress
            ? h("progress", { max: 1, value: job.progress.fraction, "aria-label": "Progress" })
            : null;
    return line || tags || bar ? h("div", null, line, bar, tags) : null;
}

/** A tag, which leads to the jobs that have it. */
export function tagLink(tag) {
    return h("a", { class: "tag", href: address("/jobs", { tag }) }, tag);
}

function box(job, selected, visit) {
    const change = (event) => {
        if (event.target.checked) selected.add(job.id);
        else selected.delete(job.id);
        visit.draw();
    };
    const label = `Select job ${job.id}`;
    return h("input", { type: "checkbox", "aria-label": label, is: { checked: selected.has(job.id) }, on: { change } });
}

function selectAll(jobs, selected, visit) {
    const areAll = jobs.every((job) => selected.has(job.id));
    const change = () => {
        for (const job of jobs) {
            if (areAll) selected.delete(job.id);
            else selected.add(job.id);
        }
        visit.draw();
    };
    return h("button", { type: "button", class: "small plain", on: { click: change } }, areAll ? "Select none" : "Select all");
}

function actions(chosen, visit) {
    const done = () => {
        selection(visit).clear();
        visit.refresh();
    };
    const ids = (allowed) => chosen.filter((job) => allowed.has(job.state)).map((job) => job.id);
    const [toRetry, toCancel] = [ids(retryable), ids(cancellable)];
    const action = (name, word, list, work) =>
        h(
            "button",
            { type: "button", class: "small", "data-action": name, disabled: list.length === 0, on: { click: () => work(list, done) } },
            `${word} ${list.length}`,
        );
    const clear = () => {
        selection(visit).clear();
        visit.draw();
    };
    return h(
        "div",
        { class: "selection", key: "selection", role: "group", "aria-label": "Selected jobs" },
        h("span", null, `${chosen.length} selected`),
        action("retry", "Retry", toRetry, retryJobs),
        action("cancel", "Cancel", toCancel, cancelJobs),
        h("button", { type: "button", class: "small plain", "data-action": "clear", on: { click: clear } }, "Clear"),
    );
}

function footer(fresh, next, isListed, visit) {
    const filter = filterOf(visit.query);
    const take = () => {
        visit.state.takesAll = true;
        visit.refresh();
    };
    const isFirst = !visit.query.page;
    return h(
        "div",
        { class: "pages", key: "pages" },
        isFirst && fresh > 0 && h("button", { type: "button", class: "small", on: { click: take } }, `Show ${plural(fresh, "new job")}`),
        !isFirst && h("a", { class: "button", href: address("/jobs", filter) }, "Newest"),
        next && isListed && further(next, visit),
    );
}
