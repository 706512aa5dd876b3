// Whether this API process can do its work, and what it counts.
import { h } from "/assets/dom.js";
import { chip, empty, facts, head, panel, table } from "/assets/parts.js";
import { count } from "/assets/words.js";

export default {
    title: () => "Health",

    async load(visit) {
        const [ready, version, metrics, { findings }] = await Promise.all([
            visit.get("/readyz?verbose"),
            visit.get("/version"),
            visit.get("/metrics").catch((problem) => (problem.status === 403 ? "" : Promise.reject(problem))),
            visit.get("/v1/doctor"),
        ]);
        return { ready, version, metrics: samples(metrics), findings };
    },

    view({ ready, version, metrics, findings }) {
        const list = facts([
            ["State", ready.ready ? chip("good", "ready") : chip("bad", "not ready")],
            ["Tusk", version.version],
            ["Schema", ready.schema ?? `needs version ${version.schema_version}`],
            ["PostgreSQL", ready.server_version && serverVersion(ready.server_version)],
        ]);
        return [
            head("Health"),
            h("section", { class: "panel", key: "facts", "aria-label": "State" }, h("div", { class: "inside" }, list)),
            reasons(ready),
            examined(findings),
            counters(metrics),
        ];
    },
};

const remedies = {
    database: "PostgreSQL does not answer. Jobs are safe; nothing is accepted until it does.",
    schema_version: "The schema lacks migrations or was changed by hand: tusk migrate status, then tusk migrate up.",
    standby: "The server only follows another one and takes no writes. Point this process at the primary.",
    draining: "This process is about to end; others should answer instead.",
};

function reasons({ reasons: words }) {
    if (!words.length) return null;
    const items = words.map((word) => h("li", { key: word }, chip("bad", word), h("span", null, remedies[word])));
    return panel("What stands against it", null, h("ul", { class: "attention" }, items));
}

const severities = { bad: ["bad", "bad"], warning: ["warning", "warning"], note: ["plain", "note"] };

/** What is wrong, and what mends it. */
function examined(findings) {
    const columns = [{ name: "Severity" }, { name: "What" }, { name: "Mended by" }];
    const rows = findings.map(({ severity, message, remedy }) => ({
        key: message,
        cells: [chip(...severities[severity]), message, h("code", null, remedy)],
    }));
    const none = empty("Nothing is wrong", "Settings, transactions, tables, processes and queues are as they should be.");
    const hint = h("code", null, "tusk doctor");
    return panel("Examination", hint, rows.length ? table("Examination", columns, rows) : none);
}

function serverVersion(number) {
    return `${Math.floor(number / 10000)}.${number % 10000}`;
}

/** The samples of Prometheus text, without those of histograms of time. */
function samples(text) {
    const line = /^([a-z_]+)(\{.*\})? ([-+0-9.eE]+|NaN)$/;
    return text
        .split("\n")
        .map((one) => line.exec(one))
        .filter((match) => match && !/_bucket$|_seconds_(sum|count)$|^process_start_time/.test(match[1]))
        .map(([, name, labels, value]) => ({ name, labels: labels ?? "", value: Number(value) }));
}

function quantity(name, value) {
    if (name.endsWith("_bytes")) return `${(value / 1048576).toFixed(1)} MiB`;
    return Number.isInteger(value) ? count(value) : value.toPrecision(4);
}

const columns = [{ name: "Metric" }, { name: "Labels" }, { name: "Value", class: "number" }];

function counters(metrics) {
    const title = "What this process counts";
    if (!metrics.length) return panel(title, null, empty("The key may not read the metrics"));
    const rows = metrics.map(({ name, labels, value }) => ({
        key: name + labels,
        cells: [
            h("span", { class: "mono" }, name),
            labels && h("span", { class: "mono muted" }, labels.slice(1, -1)),
            quantity(name, value),
        ],
    }));
    return panel(title, h("a", { href: "/metrics" }, "/metrics"), table("Metrics", columns, rows));
}
