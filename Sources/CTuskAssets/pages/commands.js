// What can be done to jobs, queues, schedules and limits; each asks first.
import { address, ask, eachOf, within } from "/assets/api.js";
import { question, say } from "/assets/dialogs.js";
import { plural } from "/assets/words.js";
import { text as jsonText } from "/assets/tree.js";

const reasonField = {
    name: "reason",
    label: "Reason",
    hint: "For those who find it later. May be left out.",
    max: 200,
};

function reasonBody({ reason }) {
    return reason ? { reason } : undefined;
}

const pauseFields = [
    reasonField,
    { name: "minutes", type: "number", label: "For so many minutes", hint: "Empty: until it is resumed." },
];

function pauseBody({ reason, minutes }) {
    return { reason: reason || undefined, for_seconds: minutes === "" ? undefined : Number(minutes) * 60 };
}

/** Makes jobs available again. */
export function retryJobs(ids, done) {
    const text = `${ids.length === 1 ? "It becomes" : "They become"} available at once, with all attempts still to come.`;
    commandJobs(ids, "retry", `Retry ${plural(ids.length, "job")}?`, text, "Retry", [], done);
}

/** Retries all discarded jobs that failed alike, after saying how many they are. */
export async function replay({ kind, fingerprint }, done) {
    const wish = { action: "retry", filter: { kind, fingerprint } };
    const found = await ask("POST", "/v1/operations", { ...wish, dry_run: true });
    const number = { type: "number", value: "" };
    question({
        title: `Retry ${found.exact ? "" : "at least "}${plural(found.matched, "job")}?`,
        text: "The scheduler does it in batches, the one that was discarded first first. What fails again is left alone.",
        fields: [
            reasonField,
            { ...number, name: "rate", label: "At most so many in a second", hint: "Empty: as many as go." },
            { ...number, name: "first", label: "So many first", hint: "Empty: all go at once. Otherwise the others wait." },
            { ...number, name: "failed", label: "Stop when more percent of these fail again", value: "0" },
        ],
        word: "Retry",
        work: async (values) => {
            const body = { ...wish, ...reasonBody(values) };
            if (values.rate !== "") body.per_second = Number(values.rate);
            if (values.first !== "") {
                body.canary = { count: Number(values.first), failed_percent_max: Number(values.failed) };
            }
            const made = await ask("POST", "/v1/operations", body);
            say(`Operation ${made.id} has begun.`);
            done();
        },
    });
}

/** Ends an operation before its time. */
export function cancelOperation(id, done) {
    question({
        title: `Cancel operation ${id}?`,
        text: "What it has done stays so. It does nothing more.",
        fields: [reasonField],
        word: "Cancel the operation",
        isDanger: true,
        work: async (values) => {
            await ask("POST", within("/v1/operations", id, ":cancel"), reasonBody(values));
            say(`Operation ${id} is cancelled.`);
            done();
        },
    });
}

/** Cancels jobs; those that run are told to stop. */
export function cancelJobs(ids, done) {
    const text = "What waits is cancelled at once. What runs is told to stop.";
    commandJobs(ids, "cancel", `Cancel ${plural(ids.length, "job")}?`, text, "Cancel the jobs", [reasonField], done);
}

function commandJobs(ids, command, title, text, word, fields, done) {
    const work = async (values, note) => {
        const send = (id) => ask("POST", within("/v1/jobs", id, `:${command}`), reasonBody(values));
        const failures = await eachOf(ids, send, (count) => note(`${count} of ${ids.length}`));
        done();
        if (failures.length === 0) return say(`${plural(ids.length, "job")}: done.`);
        if (ids.length === 1) throw failures[0].error;
        const first = failures[0];
        const rest = ids.length - failures.length;
        say(`Done for ${rest}, not for ${failures.length}. Job ${first.item}: ${first.error.text}`, true);
    };
    question({ title, text, fields, word, isDanger: command === "cancel", work });
}

/** Stops claims from a queue. */
export function pauseQueue(name, done) {
    question({
        title: `Pause the queue ${name}?`,
        text: "What runs goes on. Nothing new is claimed until the queue is resumed.",
        fields: pauseFields,
        word: "Pause",
        work: async (values) => {
            await ask("POST", within("/v1/queues", name, ":pause"), pauseBody(values));
            say(`The queue ${name} is paused.`);
            done();
        },
    });
}

/** Cancels all jobs that wait in a queue, after its name was typed and how many they are was said. */
export async function purgeQueue(name, done) {
    const wish = { action: "cancel", filter: { queue: name }, spare_running: true };
    const found = await ask("POST", "/v1/operations", { ...wish, dry_run: true });
    question({
        title: `Cancel ${found.exact ? "" : "at least "}${plural(found.matched, "job")} of ${name}?`,
        text: "All that wait in the queue are cancelled, the oldest first. What runs goes on.",
        fields: [{ name: "name", label: "Name of the queue", hint: "Typed once more.", required: true }, reasonField],
        word: "Purge",
        isDanger: true,
        work: async (values) => {
            if (values.name !== name) throw new Error(`The name of the queue is ${name}.`);
            const made = await ask("POST", within("/v1/queues", name, ":purge"), reasonBody(values));
            say(`Operation ${made.id} has begun.`);
            done();
        },
    });
}

/** Lets claims from a queue go on. */
export async function resumeQueue(name, done) {
    await ask("POST", within("/v1/queues", name, ":resume"));
    say(`The queue ${name} goes on.`);
    done();
}

/** Stops the ticks of a schedule. */
export function pauseSchedule(name, done) {
    question({
        title: `Pause the schedule ${name}?`,
        text: "Its times pass without a job until it is resumed; the ledger keeps them.",
        fields: [reasonField],
        word: "Pause",
        work: async (values) => {
            await ask("POST", within("/v1/schedules", name, ":pause"), reasonBody(values));
            say(`The schedule ${name} is paused.`);
            done();
        },
    });
}

/** Lets the ticks of a schedule go on. */
export async function resumeSchedule(name, done) {
    await ask("POST", within("/v1/schedules", name, ":resume"));
    say(`The schedule ${name} goes on.`);
    done();
}

/** Enqueues the job of a schedule now. */
export function runSchedule(name, done) {
    question({
        title: `Run ${name} now?`,
        text: "Its job is enqueued at once. Its planned times stay as they are.",
        word: "Run now",
        work: async () => {
            const run = await ask("POST", within("/v1/schedules", name, ":trigger"));
            say(run.job_id ? `Job ${run.job_id} was enqueued.` : `The schedule ${name} was run.`);
            done();
        },
    });
}

/** Whether a key counts by itself, so that no job can take its share. */
function isCounted(key) {
    return key.startsWith("queue:") || key.startsWith("kind:");
}

/** Sets how many jobs with a key may run at once and start in a time. `most` and `rate`: what is set now. */
export function setLimit(key, { most, rate, breaker, share }, done) {
    const isNew = key === "";
    const keyField = {
        name: "key",
        label: "Key",
        required: true,
        placeholder: "queue:mail",
        hint: "queue:NAME, kind:NAME, a key that jobs name such as tenant:7, or tenant:* for each of a class.",
    };
    const numbers = [
        { name: "most", label: "Running at once, at most", type: "number", value: most ?? "", hint: "Empty: any number." },
        { name: "max", label: "Starting, at most", type: "number", value: rate?.max ?? "", hint: "Empty: any number." },
        { name: "seconds", label: "in seconds", value: rate?.seconds ?? 1 },
        { name: "burst", label: "of them at once", type: "number", value: rate?.burst ?? 1 },
        {
            name: "failures",
            label: "Breaker: opens after so many jobs in a row without their resource",
            type: "number",
            value: breaker?.failures ?? "",
            hint: "Empty: it has none.",
        },
        { name: "hold", label: "for so many seconds", value: breaker?.hold_seconds ?? 30 },
        {
            name: "share",
            label: "Turns of its fair share for each of another key",
            type: "number",
            value: share ?? "",
            hint: "Empty: one.",
        },
    ];
    question({
        title: isNew ? "Set a limit" : `Limit of ${key}`,
        fields: isNew ? [keyField, ...numbers] : numbers.filter((field) => field.name !== "share" || !isCounted(key)),
        word: "Set",
        work: async (values) => {
            const path = within("/v1/limits", isNew ? values.key : key);
            const limit = {};
            if (values.most !== "") limit.running_max = Number(values.most);
            if (values.max !== "") {
                limit.rate = { max: Number(values.max), seconds: Number(values.seconds), burst: Number(values.burst) };
            }
            if (values.failures !== "") {
                limit.breaker = { failures: Number(values.failures), hold_seconds: Number(values.hold) };
            }
            if (values.share) limit.share_weight = Number(values.share);
            await ask("PUT", path, limit);
            say(`The limit of ${isNew ? values.key : key} is set.`);
            done();
        },
    });
}

/** Closes the breaker of a key, or those of a class. */
export async function closeBreaker(key, done) {
    await ask("POST", within("/v1/limits", key, ":close"), {});
    say(`Jobs of ${key} start again.`);
    done();
}

/** Lets no more jobs with a key start. */
export function pauseKey(key, done) {
    question({
        title: `Pause the key ${key}?`,
        text: "What runs goes on. Nothing new with this key starts until it is resumed.",
        fields: pauseFields,
        word: "Pause",
        work: async (values) => {
            await ask("POST", within("/v1/limits", key, ":pause"), pauseBody(values));
            say(`The key ${key} is paused.`);
            done();
        },
    });
}

/** Lets jobs with a key start again. */
export async function resumeKey(key, done) {
    await ask("POST", within("/v1/limits", key, ":resume"));
    say(`The key ${key} goes on.`);
    done();
}

/** Lets the jobs behind a discarded one go on. */
export function releaseOrderKey(key, done) {
    question({
        title: `Release the order key ${key}?`,
        text: "The next job in line starts although the one before it was discarded.",
        word: "Release",
        work: async () => {
            await ask("POST", within("/v1/order-keys", key, ":release"));
            say(`The order key ${key} is released.`);
            done();
        },
    });
}

/** Removes a limit. */
export function removeLimit(key, done) {
    question({
        title: `Remove the limit of ${key}?`,
        text: "Everything that waits for it becomes available.",
        word: "Remove",
        isDanger: true,
        work: async () => {
            await ask("DELETE", within("/v1/limits", key));
            say(`The limit of ${key} is gone.`);
            done();
        },
    });
}

/** Enqueues a job. */
export function enqueueJob(go) {
    question({
        title: "Enqueue a job",
        fields: [
            { name: "kind", label: "Kind", required: true, placeholder: "send_email" },
            { name: "queue", label: "Queue", value: "default", required: true },
            { name: "args", label: "Args, as JSON", lines: 6, value: "{}" },
            { name: "delay", label: "Delay in seconds", type: "number", value: "0" },
        ],
        word: "Enqueue",
        work: async ({ kind, queue, args, delay }) => {
            const job = { kind, queue };
            if (Number(delay) > 0) job.delay_seconds = Number(delay);
            const made = await ask("POST", "/v1/jobs", withArgs(job, args || "{}"));
            say(`Job ${made.id} was enqueued.`);
            go(address(within("/jobs", made.id)));
        },
    });
}

/** The JSON of a request with args as they were typed, so that their numbers stay as exact as they are. */
function withArgs(values, args) {
    try {
        JSON.parse(args);
    } catch (error) {
        throw new Error(`The args are no JSON: ${error.message}`);
    }
    const members = Object.entries(values).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`);
    return `{${[...members, `"args":${args}`].join(",")}}`;
}

/** Changes a job that waits. Only what is not as it was is sent. */
export function editJob(job, done) {
    const isLater = ["scheduled", "retryable"].includes(job.state);
    const before = {
        queue: job.queue,
        priority: String(job.priority),
        run_at: isLater ? job.run_at : "",
        max_attempts: String(job.max_attempts),
        tags: job.tags.join(" "),
        args: jsonText(job.args),
    };
    question({
        title: `Edit job ${job.id}`,
        text: "It is changed before a worker takes it, or not at all.",
        fields: [
            { name: "queue", label: "Queue", value: before.queue, required: true },
            { name: "priority", label: "Priority, 0 to 9", type: "number", value: before.priority, required: true },
            {
                name: "run_at",
                label: "Not before",
                value: before.run_at,
                placeholder: "2026-01-31T09:30:00Z",
                hint: "A time with an offset. Empty: at once.",
            },
            { name: "max_attempts", label: "Attempts", type: "number", value: before.max_attempts, required: true },
            { name: "tags", label: "Tags", value: before.tags, hint: "With spaces between them." },
            { name: "args", label: "Args, as JSON", lines: 8, value: before.args },
        ],
        word: "Save",
        work: async (values) => {
            const isChanged = (name) => values[name] !== before[name];
            const change = {};
            if (isChanged("queue")) change.queue = values.queue;
            if (isChanged("priority")) change.priority = Number(values.priority);
            if (isChanged("run_at")) change.run_at = values.run_at || null;
            if (isChanged("max_attempts")) change.max_attempts = Number(values.max_attempts);
            if (isChanged("tags")) change.tags = values.tags.split(/\s+/).filter(Boolean);
            const body = isChanged("args") ? withArgs(change, values.args) : change;
            await ask("PATCH", within("/v1/jobs", job.id), body);
            say(`Job ${job.id} is changed.`);
            done();
        },
    });
}
