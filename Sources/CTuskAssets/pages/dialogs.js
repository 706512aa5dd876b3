// Questions that are asked before something is done, and short news afterwards.
import { h } from "/assets/dom.js";

const newsSeconds = 6;

/** Opens a dialog with `content`; it is removed when it closes. */
export function open(label, content, style) {
    const dialog = h("dialog", { "aria-label": label, class: style }, content);
    dialog.addEventListener("close", () => dialog.remove());
    // A click on what is behind the dialog is a click on the dialog itself.
    dialog.addEventListener("click", (event) => {
        if (event.target === dialog && !dialog.querySelector("form")) dialog.close();
    });
    document.body.append(dialog);
    dialog.showModal();
    return dialog;
}

/**
 * Asks before `work` is done. `fields`: {name, label, hint, value, type, required, lines}; `work` gets their values and
 * a function that says how far it is. What it throws is shown, and the dialog stays.
 */
export function question({ title, text, fields = [], word, isDanger = false, work }) {
    const fault = h("p", { class: "fault", role: "alert" });
    const submit = h("button", { class: isDanger ? "danger" : "main" }, word);
    const cancel = h("button", { type: "button", on: { click: () => dialog.close() } }, "Cancel");
    const inputs = fields.map((field) => [field.name, input(field)]);
    const labels = fields.map((field, index) =>
        h("label", null, h("span", null, field.label), inputs[index][1], field.hint && h("small", null, field.hint)),
    );
    const send = async (event) => {
        event.preventDefault();
        submit.disabled = true;
        fault.textContent = "";
        try {
            const values = Object.fromEntries(inputs.map(([name, element]) => [name, element.value.trim()]));
            await work(values, (progress) => (submit.textContent = progress));
            dialog.close();
        } catch (problem) {
            fault.textContent = problem.text ?? problem.message;
        } finally {
            submit.disabled = false;
            submit.textContent = word;
        }
    };
    const parts = [h("h2", null, title), text && h("p", null, text), labels, fault];
    const dialog = open(title, h("form", { on: { submit: send } }, parts, h("div", { class: "actions" }, cancel, submit)));
    inputs[0]?.[1].focus();
}

function input({ value = "", type = "text", required = false, lines, max, placeholder }) {
    const properties = { value };
    if (lines) return h("textarea", { rows: lines, is: properties, required, placeholder, spellcheck: "false" });
    return h("input", { type, is: properties, required, maxlength: max, placeholder, autocomplete: "off" });
}

/** Says that something was done, or was not. */
export function say(text, isBad = false) {
    const toast = h("div", { class: isBad ? "toast bad" : "toast" }, text);
    document.getElementById("toasts").append(toast);
    setTimeout(() => toast.remove(), newsSeconds * 1000);
}

/** Does something at once, and says so when it could not be done. */
export async function attempt(work) {
    try {
        await work();
    } catch (problem) {
        say(problem.text ?? problem.message, true);
    }
}
