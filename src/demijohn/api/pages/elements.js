// Make parts of the page.  What the document says gets in as text alone.

let ids = 0;

/** Return an id that nothing else on the page has. */
export const makeId = () => `part-${++ids}`;

/** Make an element; functions become listeners, strings among the children text. */
export function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value !== undefined && value !== null && value !== false)
      element.setAttribute(name, value === true ? "" : value);
  }
  element.append(
    ...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false),
  );
  return element;
}

/** Make a `details` whose content is made when it is first opened. */
export function makeLazy(attributes, summary, build) {
  const element = make("details", attributes, make("summary", {}, summary));
  const fill = () => {
    if (!build) return;
    const parts = build();
    build = null;
    element.append(...[parts].flat(Infinity));
  };
  element.addEventListener("toggle", () => element.open && fill());
  if (element.open) fill();
  return element;
}

/** Make a field with its label. */
export function makeField(label, input, ...notes) {
  input.id ||= makeId();
  return make("div", { class: "field" }, make("label", { for: input.id }, label), input, notes);
}

/** Make a `select` of texts. */
export function makeSelect(options, attributes = {}) {
  return make(
    "select",
    attributes,
    options.map(([value, text]) => make("option", { value }, text)),
  );
}

/** Make a button that copies what a function gives. */
export function makeCopy(label, read) {
  const button = make("button", { type: "button", class: "small" }, label);
  button.addEventListener("click", async () => {
    button.textContent = (await copy(read())) ? "Copied" : "Not copied";
    setTimeout(() => (button.textContent = label), 1500);
  });
  return button;
}

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Without HTTPS only localhost has that clipboard.
    const area = make("textarea", { class: "unseen", "aria-hidden": "true" });
    area.value = text;
    // A modal dialog leaves nothing outside of it to be selected.
    (document.querySelector("dialog[open]") ?? document.body).append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    return copied;
  }
}

/** Make a block of code with a button that copies it. */
export function makeCode(text, content = text) {
  const box = make("pre", { tabindex: "0" }, make("code", {}, content));
  return make(
    "div",
    { class: "code" },
    makeCopy("Copy", () => text),
    box,
  );
}

/** Say whether a media type is that of JSON. */
export const isJson = (mediaType) => /[/+]json\b/i.test(mediaType);

const JSON_PART = /("(?:\\.|[^"\\])*")(\s*:)?|[{}[\],]|[^\s{}[\],:"]+/g;
const MOST_COLOURED = 200_000;

/** Return JSON text indented, each number exactly as it came. */
function indentJson(text) {
  JSON.parse(text);
  let depth = 0;
  let result = "";
  const line = () => `\n${"  ".repeat(depth)}`;
  for (const [part, , colon] of text.matchAll(JSON_PART)) {
    if (part === "}" || part === "]") {
      depth -= 1;
      const isEmpty = result.endsWith("{") || result.endsWith("[");
      result += (isEmpty ? "" : line()) + part;
    } else {
      const follows = result.endsWith("{") || result.endsWith("[") || result.endsWith(",");
      result += (follows ? line() : "") + (colon ? `${part.slice(0, -colon.length)}: ` : part);
      if (part === "{" || part === "[") depth += 1;
    }
  }
  return result;
}

/** Make a block of JSON: indented, coloured, to be copied. */
export function makeJson(text) {
  const shown = indentJson(text);
  if (shown.length > MOST_COLOURED) return makeCode(shown);
  const parts = [];
  let end = 0;
  for (const match of shown.matchAll(/("(?:\\.|[^"\\])*")(:)?|\b(?:true|false|null)\b|-?\d[\d.eE+-]*/g)) {
    const [part, string, colon] = match;
    parts.push(shown.slice(end, match.index));
    parts.push(make("span", { class: colon ? "key" : string ? "string" : "value" }, string ?? part));
    end = match.index + (string ?? part).length;
  }
  return makeCode(shown, [...parts, shown.slice(end)]);
}
