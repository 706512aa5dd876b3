// Keeps what is shown up to date: asks again two seconds after each answer, not while nobody looks, and more and more
// seldom while the server does not answer.

const pauseSeconds = 2;
const pauseSecondsMax = 30;
const storageName = "tusk.live";

let isOn = sessionStorage.getItem(storageName) !== "off";
let timer;
let work = null;
let failures = 0;
let isRunning = false;
let note = () => {};

/** `observer` is told each time it changes whether the page is `live`, `paused` or `offline`. */
export function observe(observer) {
    note = observer;
    note(state());
}

/** Calls `update` again and again from now on, instead of what was called before; null: nothing. */
export function keep(update) {
    work = update;
    failures = 0;
    plan();
}

/** Calls it now. */
export async function now() {
    clearTimeout(timer);
    await run();
}

/** Turns updates on or off. */
export function toggle() {
    isOn = !isOn;
    sessionStorage.setItem(storageName, isOn ? "on" : "off");
    note(state());
    if (isOn) now();
    else clearTimeout(timer);
}

function state() {
    if (failures > 0) return "offline";
    return isOn ? "live" : "paused";
}

function plan() {
    clearTimeout(timer);
    if (!isOn || !work || document.hidden) return;
    timer = setTimeout(run, Math.min(pauseSeconds * 2 ** failures, pauseSecondsMax) * 1000);
}

async function run() {
    if (!work || isRunning) return;
    const update = work;
    isRunning = true;
    try {
        await update();
        failures = 0;
    } catch {
        failures += 1;
    } finally {
        isRunning = false;
    }
    note(state());
    plan();
}

document.addEventListener("visibilitychange", () => {
    if (document.hidden) clearTimeout(timer);
    else if (isOn) now();
});
