// Asks for the API key.
import { setKey } from "/assets/api.js";
import { h } from "/assets/dom.js";

/** A form for the key; `done` when there is one. `wasRefused`: the one before did not work. */
export function login(wasRefused, done) {
    const input = h("input", {
        type: "password",
        name: "key",
        required: true,
        autocomplete: "off",
        spellcheck: "false",
        placeholder: "tusk_…",
    });
    const send = (event) => {
        event.preventDefault();
        setKey(event.target.elements.key.value.trim());
        done();
    };
    return h(
        "div",
        { class: "panel", key: "login" },
        h(
            "form",
            { class: "empty", on: { submit: send } },
            h("h1", null, "This API needs a key"),
            h("p", null, "It is kept in this tab until the tab is closed, and sent to this server only."),
            wasRefused && h("p", { class: "fault", role: "alert" }, "The key does not work, or does not work any more."),
            h("label", null, h("span", { class: "hidden" }, "API key"), input),
            h("button", { class: "main" }, "Use this key"),
            h("p", null, "An administrator makes one with ", h("code", null, "tusk key create --name me --scope admin")),
        ),
    );
}
