// Elements from values, and a page brought up to date without losing focus, selection or scroll position. Text is
// always set as text: nothing in here, or anywhere in these files, makes elements from a string.

const svgSpace = "http://www.w3.org/2000/svg";

/** An element. `props`: attributes; `on`: listeners by event; `key`: who it is among its siblings; `is`: properties. */
export function h(tag, props, ...children) {
    return make(document.createElement(tag), props, children);
}

/** An element of SVG. */
export function svg(tag, props, ...children) {
    return make(document.createElementNS(svgSpace, tag), props, children);
}

function make(element, props, children) {
    for (const [name, value] of Object.entries(props ?? {})) {
        if (value === undefined || value === null || value === false) continue;
        if (name === "on") listen(element, value);
        else if (name === "is") setProperties(element, value);
        else if (name === "key") element.dataset.key = value;
        else element.setAttribute(name, value === true ? "" : String(value));
    }
    add(element, children);
    return element;
}

function add(element, children) {
    for (const child of children.flat(Infinity)) {
        if (child === undefined || child === null || child === false) continue;
        element.append(child instanceof Node ? child : document.createTextNode(String(child)));
    }
}

const listeners = new WeakMap();

function listen(element, handlers) {
    let known = listeners.get(element);
    if (!known) listeners.set(element, (known = {}));
    for (const type of Object.keys(handlers)) {
        if (!(type in known)) element.addEventListener(type, (event) => known[type]?.(event));
    }
    for (const type of Object.keys(known)) known[type] = handlers[type];
    Object.assign(known, handlers);
}

const properties = new WeakMap();

function setProperties(element, values) {
    properties.set(element, values);
    for (const [name, value] of Object.entries(values)) if (element[name] !== value) element[name] = value;
}

/** Makes the children of `target` what `nodes` are, keeping those that are the same. */
export function show(target, ...nodes) {
    const wanted = nodes.flat(Infinity).filter((node) => node !== undefined && node !== null && node !== false);
    morphChildren(target, wanted.map((node) => (node instanceof Node ? node : document.createTextNode(String(node)))));
}

function morphChildren(target, wanted) {
    const keyed = new Map();
    for (const child of target.children) if (child.dataset?.key !== undefined) keyed.set(child.dataset.key, child);
    let place = target.firstChild;
    for (const next of wanted) {
        const key = next.dataset?.key;
        const known = key === undefined ? place : keyed.get(key);
        if (known && isSame(known, next)) {
            if (known === place) place = place.nextSibling;
            else target.insertBefore(known, place);
            morph(known, next);
        } else {
            target.insertBefore(next, place);
        }
    }
    while (place) {
        const rest = place.nextSibling;
        place.remove();
        place = rest;
    }
}

function isSame(one, other) {
    return one.nodeType === other.nodeType && one.nodeName === other.nodeName && one.dataset?.key === other.dataset?.key;
}

function morph(old, next) {
    if (old.nodeType !== Node.ELEMENT_NODE) {
        if (old.data !== next.data) old.data = next.data;
        return;
    }
    for (const { name, value } of next.attributes) {
        if (old.getAttribute(name) !== value) old.setAttribute(name, value);
    }
    for (const { name } of [...old.attributes]) {
        // Whether details are open is the reader's business.
        if (!next.hasAttribute(name) && name !== "open") old.removeAttribute(name);
    }
    const handlers = listeners.get(next);
    if (handlers || listeners.has(old)) listen(old, handlers ?? {});
    const values = properties.get(next);
    if (values && old !== document.activeElement) setProperties(old, values);
    else if (values && old.type === "checkbox") setProperties(old, values);
    morphChildren(old, [...next.childNodes]);
}
