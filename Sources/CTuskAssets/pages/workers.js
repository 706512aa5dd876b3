// The workers that live: where, with what, and how busy.
import { address } from "/assets/api.js";
import { h } from "/assets/dom.js";
import { chip, empty, head, meter, panel, table } from "/assets/parts.js";
import { time } from "/assets/words.js";

const namesMax = 6;

export default {
    title: () => "Workers",

    async load(visit) {
        return (await visit.get("/v1/workers")).workers;
    },

    view(workers) {
        return [head("Workers"), content(workers)];
    },
};

const columns = [
    { name: "Worker" },
    { name: "State" },
    { name: "Slots" },
    { name: "Queues" },
    { name: "Kinds" },
    { name: "Heartbeat", class: "number" },
    { name: "Started", class: "number" },
    { name: "Version" },
];

function content(workers) {
    if (!workers.length) {
        const hint = ["Jobs wait until one is there: ", h("code", null, "tusk worker --queues default")];
        return panel("Live workers", null, empty("No worker lives", hint));
    }
    return panel("Live workers", null, fleet(workers));
}

/** A table of workers. */
export function fleet(workers) {
    const rows = workers.map((worker) => ({
        key: worker.id,
        cells: [
            h("span", { title: worker.id }, worker.host, h("span", { class: "muted" }, ` process ${worker.process_id}`)),
            worker.state === "live" ? chip("good", "live") : chip("warning", worker.state),
            meter(worker.running, worker.slots, `Slots of ${worker.host}`),
            names(worker.queues, "queue"),
            names(worker.kinds, "kind"),
            time(worker.heartbeat_at),
            time(worker.started_at),
            worker.version,
        ],
    }));
    return table("Workers", columns, rows);
}

function names(list, field) {
    const link = (name) => h("a", { class: "tag", href: address("/jobs", { [field]: name }) }, name);
    const rest = list.slice(namesMax);
    return h(
        "div",
        { class: "tags" },
        list.slice(0, namesMax).map(link),
        rest.length > 0 && h("span", { class: "muted", title: rest.join(", ") }, `and ${rest.length} more`),
    );
}
