// Ask for credentials, and say which operations need them.

import { askToken, findCredentials, isHeld, keep } from "./credentials.js";
import { make, makeField, makeSelect } from "./elements.js";
import { readSchemes, readSecurity } from "./source.js";
import { showText } from "./text.js";

/** Make the line that says what an operation asks for, and whether it is there. */
export function showSecurity(operation) {
  const alternatives = readSecurity(operation);
  if (!alternatives.some((it) => Object.keys(it).length)) return null;
  const words = alternatives.map(
    (it) =>
      Object.entries(it)
        .map(([name, scopes]) => (scopes.length ? `${name} (${scopes.join(", ")})` : name))
        .join(" and ") || "nothing",
  );
  const line = make("p", { class: "security" });
  const show = () => {
    const { headers, query, cookies } = findCredentials(operation);
    const is = headers.length + query.length + cookies.length ? "authorized" : "not authorized";
    const open = () => document.getElementById("authorize").click();
    line.replaceChildren(
      make("strong", {}, "Needs "),
      words.join(", or "),
      " ",
      make("span", { class: "limit" }, is),
      " ",
      make("button", { type: "button", class: "small", onclick: open }, "Authorize"),
    );
  };
  addEventListener("credentials", show);
  show();
  return line;
}

function describeScheme(scheme) {
  if (scheme.type === "apiKey" && scheme.in === "cookie")
    return `API key in the cookie ${scheme.name}, which this page can send to its own origin alone`;
  if (scheme.type === "apiKey") return `API key in the ${scheme.in} ${scheme.name}`;
  if (scheme.type === "http") return `HTTP ${scheme.scheme}${scheme.bearerFormat ? ` (${scheme.bearerFormat})` : ""}`;
  return (
    { oauth2: "OAuth 2", openIdConnect: "OpenID Connect", mutualTLS: "A certificate of the client's" }[scheme.type] ??
    scheme.type
  );
}

function showFlows(scheme) {
  return Object.entries(scheme.flows ?? {}).map(([flow, { authorizationUrl, tokenUrl, scopes = {} }]) =>
    make(
      "div",
      { class: "text" },
      make(
        "p",
        {},
        `Flow ${flow}: `,
        [authorizationUrl, tokenUrl].filter(Boolean).map((url) => [make("code", {}, url), " "]),
      ),
      Object.keys(scopes).length > 0 &&
        make(
          "ul",
          {},
          Object.entries(scopes).map(([scope, text]) => make("li", {}, make("code", {}, scope), ` ${text}`)),
        ),
    ),
  );
}

const isBasic = (scheme) => scheme.type === "http" && scheme.scheme?.toLowerCase() === "basic";
const makeInput = (type) => make("input", { type, autocomplete: "off", spellcheck: "false" });

/** Make the fields of a scheme, and what reads the credentials out of them: null where they are empty. */
function makeFields(scheme) {
  const [token, user, password, scopes] = ["password", "text", "password", "text"].map(makeInput);
  const { tokenUrl, scopes: known = {} } = scheme.flows?.password ?? {};
  scopes.value = Object.keys(known).join(" ");
  const how = makeSelect([
    ["login", "with a user name and password"],
    ["paste", "with a token that I have"],
  ]);
  const login = [makeField("User name", user), makeField("Password", password)];
  if (scopes.value) login.push(makeField("Scopes", scopes));
  const paste = makeField(scheme.type === "apiKey" ? "Key" : "Token", token);
  const asksLogin = () => isBasic(scheme) || (tokenUrl && how.value === "login");
  const place = make("div", {});
  const lay = () => place.replaceChildren(...(asksLogin() ? login : [paste]));
  how.addEventListener("change", lay);
  lay();
  const read = async () => {
    if (isBasic(scheme)) return user.value || password.value ? { user: user.value, password: password.value } : null;
    const given = asksLogin() ? await askToken(tokenUrl, user.value, password.value, scopes.value) : token.value;
    return given.trim() ? { token: given.trim() } : null;
  };
  const clear = () => [token, user, password].forEach((input) => (input.value = ""));
  return { element: make("div", {}, tokenUrl && makeField("Sign in", how), place), read, clear };
}

function makeForm(name, scheme) {
  const fields = makeFields(scheme);
  const state = make("p", { class: "quiet", role: "status" });
  const show = () =>
    (state.textContent = isHeld(name) ? "Requests carry it until this tab is closed." : "Nothing is held.");
  const submit = async (event) => {
    event.preventDefault();
    try {
      keep(name, await fields.read());
      fields.clear();
      show();
    } catch (error) {
      state.textContent = `No token was given: ${error.message}`;
    }
  };
  const forget = () => {
    keep(name, null);
    show();
  };
  show();
  const buttons = [
    make("button", { type: "submit" }, "Use it"),
    make("button", { type: "button", onclick: forget }, "Forget it"),
  ];
  return make(
    "form",
    { class: "scheme", onsubmit: submit },
    make("h3", {}, name),
    make("p", { class: "quiet" }, describeScheme(scheme)),
    showText(scheme.description),
    showFlows(scheme),
    // What the browser shows to the server by itself cannot be entered here.
    scheme.type !== "mutualTLS" && [fields.element, make("div", { class: "actions" }, buttons), state],
  );
}

/** Connect the button that opens the dialog; it stays hidden where nothing is asked for. */
export function installDialog(button) {
  const schemes = readSchemes();
  if (!schemes.length) return;
  const title = make("h2", { id: "authorize-title" }, "Authorize");
  const dialog = make(
    "dialog",
    { "aria-labelledby": "authorize-title" },
    make(
      "div",
      { class: "actions spread" },
      title,
      make("button", { type: "button", onclick: () => dialog.close() }, "Close"),
    ),
    schemes.map(([name, scheme]) => makeForm(name, scheme)),
  );
  document.body.append(dialog);
  button.hidden = false;
  button.addEventListener("click", () => dialog.showModal());
}
