// Jobs that failed, and what their errors have in common.
import { address } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { chip, jobLink } from "/assets/parts.js";
import { plural, time } from "/assets/words.js";

/** The newest jobs that were discarded or wait for a retry, unless only one of the two is asked for: `most` of each. */
export async function failedJobs(visit, most, states = ["discarded", "retryable"]) {
    const pages = states.map((state) => visit.get(address("/v1/jobs", { state, page_size: most })));
    return (await Promise.all(pages)).flatMap((page) => page.jobs);
}

/** What stays of an error when ids, numbers, quoted names and addresses are taken out: equal causes become equal. */
export function fingerprint(error) {
    return error
        .split("\n", 1)[0]
        .slice(0, 300)
        .replace(/[0-9a-f]{8}-[0-9a-f-]{27}/gi, "…")
        .replace(/0x[0-9a-f]+/gi, "…")
        .replace(/"[^"]*"|'[^']*'/g, "…")
        .replace(/\d+/g, "…");
}

/** Jobs with the same kind, state and fingerprint together, the largest group first. */
export function grouped(jobs) {
    const groups = new Map();
    for (const job of jobs) {
        const text = job.error ?? job.reason ?? "no error was recorded";
        const key = `${job.state} ${job.kind} ${fingerprint(text)}`;
        const group = groups.get(key) ?? { key, kind: job.kind, state: job.state, example: text, jobs: [] };
        group.jobs.push(job);
        groups.set(key, group);
    }
    for (const group of groups.values()) {
        const times = group.jobs.map((job) => job.finished_at ?? job.started_at ?? job.created_at);
        group.last = times.reduce((one, other) => (one > other ? one : other));
    }
    return [...groups.values()].sort((one, other) => other.jobs.length - one.jobs.length || (one.last < other.last ? 1 : -1));
}

/** Groups as a short list. */
export function groupList(groups) {
    const items = groups.map((group) => {
        const where = address("/jobs", { state: group.state, kind: group.kind });
        return h(
            "li",
            { key: group.key },
            chip(group.state),
            h("a", { href: where }, group.kind),
            h("span", { class: "muted do" }, plural(group.jobs.length, "job"), ", ", time(group.last)),
            h("span", { class: "cut mono", title: group.example }, group.example.split("\n", 1)[0]),
            group.jobs.length === 1 && jobLink(group.jobs[0].id),
        );
    });
    return h("ul", { class: "attention" }, items);
}
