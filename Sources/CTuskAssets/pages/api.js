// Asks the API, with the reader's key. The key lives as long as the tab.

const keyName = "tusk.key";
let skew = 0;

/** How far the server's clock is ahead of this one, in milliseconds; small differences count as none. */
export function clockSkew() {
    return skew;
}

/** The key, or null. */
export function key() {
    return sessionStorage.getItem(keyName);
}

/** Keeps a key for this tab; null forgets it. */
export function setKey(text) {
    if (text === null) sessionStorage.removeItem(keyName);
    else sessionStorage.setItem(keyName, text);
}

/** What the API refused or could not do. */
export class Problem extends Error {
    constructor(status, body) {
        super(body.detail ?? body.title ?? `The server answered ${status}.`);
        this.status = status;
        this.title = body.title ?? "The request failed";
        this.faults = body.errors ?? [];
        this.requestID = body.request_id;
    }

    /** All that is wrong, in one text. */
    get text() {
        const details = this.faults.map((fault) => `${fault.pointer ?? fault.parameter ?? ""} ${fault.detail}`.trim());
        return [this.message, ...details].join(" ");
    }
}

/** A number that is more exact than JavaScript's. */
export class ExactNumber {
    constructor(source) {
        this.source = source;
    }
}

/** JSON, with the numbers of `args`, `metadata` and `result` exactly as they were sent. */
function parse(text) {
    return JSON.parse(text, (name, value, context) => {
        if (typeof value !== "number" || !context || String(value) === context.source) return value;
        return name === "fraction" || name.endsWith("_seconds") ? value : new ExactNumber(context.source);
    });
}

/**
 * Sends a request and returns the answer's JSON. `body`: a value, or a text that is JSON already. Throws a Problem; one
 * with the status 0 when there is no answer.
 */
export async function ask(method, path, body, signal) {
    const headers = { Accept: "application/json" };
    if (key()) headers.Authorization = `Bearer ${key()}`;
    if (body !== undefined) headers["Content-Type"] = "application/json";
    let answer;
    try {
        const json = body === undefined || typeof body === "string" ? body : JSON.stringify(body);
        answer = await fetch(path, { method, headers, body: json, signal, credentials: "omit", cache: "no-store" });
    } catch (error) {
        if (error.name === "AbortError") throw error;
        throw new Problem(0, { title: "No answer", detail: "The server cannot be reached." });
    }
    noteClock(answer.headers.get("Date"));
    const text = await answer.text();
    const isJSON = (answer.headers.get("Content-Type") ?? "").includes("json");
    const content = isJSON && text ? parse(text) : text;
    if (answer.ok) return content;
    // What is not ready says so with its status, and its body says why.
    if (path.startsWith("/readyz") && answer.status === 503 && isJSON) return content;
    throw new Problem(answer.status, isJSON ? content : {});
}

/** Gets a resource. */
export function get(path, signal) {
    return ask("GET", path, undefined, signal);
}

function noteClock(date) {
    const difference = Date.parse(date) - Date.now();
    // The field has whole seconds, and an answer takes its time.
    if (!Number.isNaN(difference)) skew = Math.abs(difference) < 2000 ? 0 : difference;
}

/** A path with a query of those values that there are. */
export function address(path, values = {}) {
    const parts = Object.entries(values)
        .filter(([, value]) => value !== undefined && value !== null && value !== "")
        .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`);
    return parts.length ? `${path}?${parts.join("&")}` : path;
}

/** The path of something by its id or name, which may hold anything. */
export function within(path, name, rest = "") {
    return `${path}/${encodeURIComponent(name)}${rest}`;
}

/** Does `work` for each item, `width` at once, and tells after each how many are done. */
export async function eachOf(items, work, note = () => {}, width = 4) {
    const rest = [...items];
    const failures = [];
    let done = 0;
    const lane = async () => {
        for (let item = rest.shift(); item !== undefined; item = rest.shift()) {
            try {
                await work(item);
            } catch (error) {
                failures.push({ item, error });
            }
            note(++done);
        }
    };
    await Promise.all(Array.from({ length: width }, lane));
    return failures;
}
