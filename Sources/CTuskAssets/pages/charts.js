// What happened over time, from the minutes that are kept.
import { address } from "/assets/api.js";
import { h, svg } from "/assets/dom.js";
import { panel } from "/assets/parts.js";
import { count, duration } from "/assets/words.js";

const periods = [
    { word: "1 h", name: "hour", seconds: 3600 },
    { word: "6 h", name: "6h", seconds: 6 * 3600 },
    { word: "1 d", name: "day", seconds: 86400 },
    { word: "7 d", name: "week", seconds: 7 * 86400 },
];
const freshSeconds = 10;
const [width, height] = [600, 120];

const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", hour: "2-digit", minute: "2-digit" });

// What was read last, by address; pages are loaded anew more often than a chart changes.
const read = new Map();

/** The series for the period that the address of the page names, of one queue or of all. */
export async function loadSeries(visit, queue) {
    const { seconds } = chosen(visit);
    const place = address("/v1/stats/series", { queue, period_seconds: seconds });
    const known = read.get(place);
    if (known && performance.now() - known.at < freshSeconds * 1000) return known.series;
    const series = await visit.get(place);
    read.clear();
    read.set(place, { at: performance.now(), series });
    return series;
}

function chosen(visit) {
    return periods.find(({ name }) => name === visit.query.period) ?? periods[0];
}

/** The charts of a series. `path`: that of the page, for the links to other periods. */
export function charts(series, visit, path) {
    const links = periods.map((period) => {
        const isChosen = period === chosen(visit);
        const href = address(path, { period: period === periods[0] ? undefined : period.name });
        return h("a", { href, "aria-current": isChosen && "true" }, period.word);
    });
    const steps = filled(series);
    const perMinute = (number) => (number * 60) / series.step_seconds;
    const rate = (value) => count(Number(value.toFixed(value < 10 ? 1 : 0)));
    return panel(
        "Over time",
        h("nav", { class: "periods", "aria-label": "Period" }, links),
        h(
            "div",
            { class: "charts" },
            chart("Throughput per minute", steps, rate, [
                { name: "completed", style: "good", of: (point) => perMinute(point.completed) },
                { name: "failed", style: "bad", of: (point) => perMinute(point.failed + point.discarded) },
            ]),
            chart("Wait until claimed", steps, duration, [
                { name: "p50", style: "first", of: (point) => point.wait_seconds?.p50 },
                { name: "p95", style: "second", of: (point) => point.wait_seconds?.p95 },
            ]),
            chart("Run time", steps, duration, [
                { name: "p50", style: "first", of: (point) => point.run_seconds?.p50 },
                { name: "p95", style: "second", of: (point) => point.run_seconds?.p95 },
            ]),
            chart("Available", steps, (value) => count(Math.round(value)), [
                { name: "jobs", style: "first", of: (point) => point.available },
            ]),
        ),
    );
}

/** A point for each step, also for those in which nothing happened. */
function filled({ period_seconds: period, step_seconds: step, points }) {
    const known = new Map(points.map((point) => [Date.parse(point.at) / 1000, point]));
    const nothing = { completed: 0, failed: 0, discarded: 0, cancelled: 0, available: 0 };
    const last = Math.max(Math.floor(Date.now() / 1000 / step) * step, ...known.keys());
    const steps = [];
    for (let at = last - Math.ceil(period / step) * step; at <= last; at += step) {
        steps.push({ at, point: known.get(at) ?? nothing });
    }
    return steps;
}

/** Lines over the same steps, on a scale from 0. A value that is not there leaves a gap. */
function chart(title, steps, words, lines) {
    const values = lines.map((line) => steps.map(({ point }) => line.of(point)));
    const top = nice(Math.max(...values.flat().filter((value) => value !== undefined), 0));
    const x = (index) => ((index / Math.max(steps.length - 1, 1)) * width).toFixed(1);
    const y = (value) => (height - 2 - (value / top) * (height - 6)).toFixed(1);
    const path = (line) =>
        line
            .map((value, index) => {
                if (value === undefined) return "";
                const begins = index === 0 || line[index - 1] === undefined;
                // A value between two gaps is a dot.
                return `${begins ? "M" : "L"}${x(index)} ${y(value)}${begins ? "h0.01" : ""}`;
            })
            .join("");
    const latest = (line) => line.findLast((value) => value !== undefined);
    const said = lines.map(({ name }, index) => {
        const value = latest(values[index]);
        return `${name} ${value === undefined ? "none" : words(value)}`;
    });
    const format = steps.at(-1).at - steps[0].at > 86400 ? dayFormat : clockFormat;
    return h(
        "figure",
        { class: "chart", key: title },
        h(
            "figcaption",
            null,
            h("h3", null, title),
            h(
                "ul",
                { class: "legend" },
                lines.map((line, index) => h("li", { class: line.style }, said[index])),
            ),
        ),
        h(
            "div",
            { class: "plot" },
            h("span", { class: "top muted" }, words(top)),
            svg(
                "svg",
                {
                    viewBox: `0 0 ${width} ${height}`,
                    preserveAspectRatio: "none",
                    role: "img",
                    "aria-label": `${title}: ${said.join(", ")}`,
                },
                svg("path", { class: "grid", d: `M0 2H${width}M0 ${height / 2}H${width}M0 ${height - 2}H${width}` }),
                lines.map((line, index) => svg("path", { class: line.style, d: path(values[index]) })),
            ),
        ),
        h(
            "div",
            { class: "axis muted" },
            h("span", null, format.format(steps[0].at * 1000)),
            h("span", null, format.format(steps[Math.floor(steps.length / 2)].at * 1000)),
            h("span", null, "now"),
        ),
    );
}

/** The next number above that is 1, 2 or 5 times a power of ten. */
function nice(value) {
    if (value <= 0) return 1;
    const power = 10 ** Math.floor(Math.log10(value));
    return [1, 2, 5, 10].map((factor) => factor * power).find((number) => number >= value);
}
