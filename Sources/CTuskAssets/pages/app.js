// The frame: which page the address means, its data, and what all pages share.
import { Problem, get, key, setKey } from "/assets/api.js";
import { h, show } from "/assets/dom.js";
import { icon } from "/assets/icons.js";
import { failure } from "/assets/parts.js";
import * as live from "/assets/live.js";
import { cursor, listenToKeys, showHelp } from "/assets/keys.js";
import { login } from "/assets/login.js";
import { toggleTheme } from "/assets/colours.js";
import overview from "/assets/overview.js";
import jobs from "/assets/jobs.js";
import job from "/assets/job.js";
import errors from "/assets/errors.js";
import queues from "/assets/queues.js";
import queue from "/assets/queue.js";
import schedules from "/assets/schedules.js";
import schedule from "/assets/schedule.js";
import workers from "/assets/workers.js";
import limits from "/assets/limits.js";
import orderKeys from "/assets/order-keys.js";
import health from "/assets/health.js";
import audit from "/assets/audit.js";

const routes = [
    [/^\/$/, overview],
    [/^\/jobs$/, jobs],
    [/^\/jobs\/([^/]+)$/, job],
    [/^\/errors$/, errors],
    [/^\/queues$/, queues],
    [/^\/queues\/([^/]+)$/, queue],
    [/^\/schedules$/, schedules],
    [/^\/schedules\/([^/]+)$/, schedule],
    [/^\/workers$/, workers],
    [/^\/limits$/, limits],
    [/^\/order-keys$/, orderKeys],
    [/^\/health$/, health],
    [/^\/audit$/, audit],
];
const links = [
    ["/", "overview", "Overview"],
    ["/jobs", "jobs", "Jobs"],
    ["/errors", "errors", "Errors"],
    ["/queues", "queues", "Queues"],
    ["/schedules", "schedules", "Schedules"],
    ["/workers", "workers", "Workers"],
    ["/limits", "limits", "Limits"],
    ["/order-keys", "orderKeys", "Order keys"],
    ["/health", "health", "Health"],
    ["/audit", "audit", "Audit"],
];

const main = document.getElementById("main");
let current = null;

/** What a page is given: its part of the address, and ways to change what is shown. */
class Visit {
    constructor(page, name, query) {
        this.page = page;
        this.name = name;
        this.query = query;
        this.data = null;
        this.problem = null;
        // Of the page itself: what is selected, what was seen before.
        this.state = {};
        this.stopper = new AbortController();
    }

    get = (path) => get(path, this.stopper.signal);
    go = (address) => go(address);
    refresh = () => live.now();
    draw = () => draw(this);
}

/** Goes to an address of this dashboard. */
function go(address, isReplacement = false) {
    if (isReplacement) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
    visit();
}

function visit() {
    current?.stopper.abort();
    const path = location.pathname;
    const found = routes.map(([pattern, page]) => [pattern.exec(path), page]).find(([match]) => match);
    drawLinks(path);
    if (!found) return showMissing();
    const [match, page] = found;
    const query = Object.fromEntries(new URLSearchParams(location.search));
    const before = current;
    current = new Visit(page, match[1] && decodeURIComponent(match[1]), query);
    document.title = `${page.title(current)} · Tusk`;
    if (before?.page !== page || before.name !== current.name) {
        show(main, h("p", { class: "hidden", role: "status" }, "Loading"));
        cursor.key = null;
        scrollTo(0, 0);
        main.focus({ preventScroll: true });
    } else if (page.keeps) {
        // The same page with another filter: what is there stays until the answer comes.
        current.data = before.data;
        page.keeps(before, current);
    }
    const own = current;
    live.keep(() => load(own));
    live.now();
}

async function load(own) {
    try {
        const data = await own.page.load(own);
        if (own !== current) return;
        own.data = data;
        own.problem = null;
        draw(own);
    } catch (problem) {
        if (own !== current || problem.name === "AbortError") return;
        if (!(problem instanceof Problem)) console.error(problem);
        if (problem.status === 401) return askForKey();
        own.problem = problem;
        draw(own);
        throw problem;
    }
}

function draw(own) {
    if (own !== current) return;
    if (own.problem && !own.data) {
        const problem = own.problem instanceof Problem ? own.problem : new Problem(0, { detail: String(own.problem) });
        return show(main, h("h1", { class: "hidden" }, own.page.title(own)), failure(problem, () => live.now()));
    }
    if (!own.data) return;
    const notice = own.problem && h("p", { class: "notice", role: "status" }, icon("warning"), own.problem.text);
    show(main, notice, own.page.view(own.data, own));
}

function askForKey() {
    const hadKey = key() !== null;
    setKey(null);
    live.keep(null);
    show(main, login(hadKey, () => visit()));
    drawTools();
}

function showMissing() {
    current = null;
    live.keep(null);
    document.title = "No such page · Tusk";
    const hint = h("p", null, "Nothing is at ", h("code", null, location.pathname), ".");
    const way = h("a", { href: "/", class: "button" }, "To the overview");
    show(main, h("div", { class: "panel" }, h("div", { class: "empty" }, h("h1", null, "No such page"), hint, way)));
}

function drawLinks(path) {
    const items = links.map(([address, name, word]) => {
        const isHere = address === "/" ? path === "/" : path === address || path.startsWith(`${address}/`);
        return h("li", null, h("a", { href: address, "aria-current": isHere && "page" }, icon(name), word));
    });
    const nav = document.getElementById("nav");
    show(nav, h("ul", null, items));
    nav.querySelector("[aria-current]")?.scrollIntoView({ block: "nearest", inline: "center" });
}

let liveState = "live";

function drawTools() {
    const words = { live: "Live", paused: "Paused", offline: "No answer" };
    const dots = { live: "dot on", paused: "dot", offline: "dot off" };
    const forget = () => {
        setKey(null);
        visit();
    };
    const tool = (mark, word, label, work) =>
        h(
            "button",
            { type: "button", class: "plain", title: label, "aria-label": label, on: { click: work } },
            mark,
            h("span", { class: "word" }, word),
        );
    const liveLabel = liveState === "paused" ? "Paused: update again (r)" : `${words[liveState]}: pause updates (r)`;
    show(
        document.getElementById("tools"),
        tool(h("span", { class: dots[liveState] }), words[liveState], liveLabel, live.toggle),
        tool(icon("theme"), "Theme", "Theme: light or dark (t)", toggleTheme),
        tool(icon("help"), "Keys", "Keys (?)", showHelp),
        key() !== null && tool(icon("leave"), "Forget key", "Forget the API key", forget),
    );
}

document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href]");
    const isPlain = event.button === 0 && !event.metaKey && !event.ctrlKey && !event.shiftKey && !event.altKey;
    if (!link || !isPlain || link.target || link.origin !== location.origin) return;
    const isOurs = routes.some(([pattern]) => pattern.test(link.pathname));
    if (!isOurs || link.hash) return;
    event.preventDefault();
    go(link.pathname + link.search);
});
addEventListener("popstate", visit);
live.observe((state) => {
    liveState = state;
    drawTools();
});
listenToKeys({ go, toggleLive: live.toggle, toggleTheme });
// Ages grow even while nothing is asked.
setInterval(() => current?.data && !document.hidden && draw(current), 5000);
visit();
