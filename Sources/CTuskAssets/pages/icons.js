// Icons, drawn with lines on a field of 16 by 16.
import { svg } from "/assets/dom.js";

const circle = "M8 2.8a5.2 5.2 0 1 1 0 10.4A5.2 5.2 0 0 1 8 2.8z";
const shapes = {
    available: circle,
    running: "M5.5 3.5v9l7-4.5z",
    scheduled: `${circle}M8 5.2V8l2 1.4`,
    retryable: "M12.6 8.4a4.7 4.7 0 1 1-1.3-3.6M12.6 2.6v3h-3",
    blocked: "M4 7.5h8v5.3H4zM5.6 7.5V5.6a2.4 2.4 0 0 1 4.8 0v1.9",
    completed: "M3.2 8.6l3 3 6.6-7.2",
    cancelled: `${circle}M4.5 4.5l7 7`,
    discarded: "M4 4l8 8M12 4l-8 8",
    paused: "M6 4v8M10 4v8",
    good: "M3.2 8.6l3 3 6.6-7.2",
    warning: "M8 2.5l6 11H2zM8 6.5v3.2M8 11.6v.1",
    bad: "M4 4l8 8M12 4l-8 8",
    plain: circle,
    overview: "M2.5 2.5h4.5v4.5H2.5zM9 2.5h4.5v4.5H9zM2.5 9h4.5v4.5H2.5zM9 9h4.5v4.5H9z",
    jobs: "M2.5 4h11M2.5 8h11M2.5 12h7",
    queues: "M2 5l6-3 6 3-6 3zM2 8.2l6 3 6-3M2 11.2l6 3 6-3",
    schedules: `${circle}M8 5.2V8l2 1.4`,
    workers: "M4.5 4.5h7v7h-7zM6.5 2v2.5M9.5 2v2.5M6.5 11.5V14M9.5 11.5V14M2 6.5h2.5M2 9.5h2.5M11.5 6.5H14M11.5 9.5H14",
    limits: "M2.5 11.5a5.6 5.6 0 1 1 11 0M8 11l2.8-3.6",
    orderKeys: "M2.5 8h7M7 5.2L9.8 8 7 10.8M13 3v10",
    errors: "M8 2.5l6 11H2zM8 6.5v3.2M8 11.6v.1",
    audit: "M4 2.5h8v11H4zM6 5.5h4M6 8h4M6 10.5h2.5",
    health: "M1.8 8h3l1.7-4 2.8 8L11 8h3.2",
    theme: "M8 2.8a5.2 5.2 0 1 0 5.2 5.2A4 4 0 0 1 8 2.8z",
    help: `${circle}M6.4 6.4a1.6 1.6 0 1 1 2.3 1.5c-.5.3-.7.6-.7 1.1M8 11v.1`,
    leave: "M9.5 3H3.5v10h6M7 8h7M11.5 5.5L14 8l-2.5 2.5",
};

/** The icon of this name; decoration only, so that a word always stands beside it. */
export function icon(name) {
    return svg("svg", { class: "icon", viewBox: "0 0 16 16", "aria-hidden": "true" }, svg("path", { d: shapes[name] }));
}
