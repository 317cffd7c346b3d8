// Elements of a page, made in one expression.

export const PAGE_KEYS = { "data-lm-suppress-shortcuts": "true" }; // JupyterLab leaves the arrow keys of these elements alone

export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== undefined && value !== false) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

/** Give a node its text, if it has another: a text that is set makes the page lay itself out, also when it is the same. */
export function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

export function button(name, attributes) {
  return element("button", { type: "button", ...PAGE_KEYS, ...attributes }, name);
}

/** A name that nothing else on the page has. */
export const ids = (() => { let n = 0; return () => `dcv-${Date.now().toString(36)}-${n++}`; })();
