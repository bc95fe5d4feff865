// Show the document: its head, its operations by tag, its models; filter and follow links.

import { installDialog } from "./authorize.js";
import { restore } from "./credentials.js";
import { make, makeCode, makeField, makeId, makeLazy, makeSelect } from "./elements.js";
import { linkTo, showMethod, showOperation } from "./operation.js";
import { showSchema } from "./schema.js";
import { load, readGroups, root } from "./source.js";
import { makeLink, showText } from "./text.js";

const { document: address, root: mount } = document.body.dataset;
const source = new URL(address, location.href).href;
const main = document.getElementById("main");
const menu = document.getElementById("menu");
const filter = document.getElementById("filter");
const isPhone = matchMedia("(max-width: 60rem)");
let groups = [];

// Without servers the document means where it was found, below what the application is mounted at.
const fallback = [{ url: new URL(mount, location.href).href }];

/** Make the choice of a server, and what gives the URL of the chosen one. */
function makeServers(servers) {
  const chooser = makeSelect(
    servers.map(({ url, description }, index) => [index, description ? `${url}: ${description}` : url]),
  );
  const place = make("div", {});
  const values = {};
  const lay = () => {
    const variables = Object.entries(servers[chooser.value || 0].variables ?? {});
    place.replaceChildren(
      ...variables.map(([name, variable]) => {
        const input = variable.enum ? makeSelect(variable.enum.map((it) => [it, it])) : make("input", { type: "text" });
        input.value = values[name] = variable.default;
        input.addEventListener("input", () => (values[name] = input.value));
        return makeField([make("code", {}, name), ` ${variable.description ?? ""}`], input);
      }),
    );
  };
  chooser.addEventListener("change", lay);
  lay();
  const expand = (url) =>
    new URL(
      url.replace(/\{([^{}]+)\}/g, (whole, name) => values[name] ?? whole),
      source,
    ).href;
  const findBase = (entry) => expand((entry.servers?.[0] ?? servers[chooser.value || 0]).url);
  return {
    element: make("section", { class: "servers", "aria-label": "Server" }, makeField("Server", chooser), place),
    findBase,
  };
}

function showHead(info) {
  const more = [
    info.contact &&
      makeLink(
        info.contact.url ?? `mailto:${info.contact.email}`,
        info.contact.name ?? info.contact.url ?? info.contact.email,
      ),
    info.license && (info.license.url ? makeLink(info.license.url, info.license.name) : info.license.name),
    info.termsOfService && makeLink(info.termsOfService, "Terms"),
    root.externalDocs && makeLink(root.externalDocs.url, root.externalDocs.description ?? "More"),
    make("a", { href: source }, "The document"),
  ].filter(Boolean);
  return make(
    "header",
    { class: "head" },
    make("h1", {}, info.title ?? "API", " ", make("span", { class: "version" }, info.version ?? "")),
    info.summary && make("p", { class: "quiet" }, info.summary),
    showText(info.description),
    make(
      "p",
      { class: "quiet" },
      `OpenAPI ${root.openapi}`,
      more.map((link) => [" · ", link]),
    ),
  );
}

/** Make the groups of operations, in the page and among the links. */
function showGroups(findBase) {
  return readGroups().map((group) => {
    const id = makeId();
    const section = make(
      "section",
      { class: "group", id: `tag/${encodeURIComponent(group.name)}`, "aria-labelledby": id },
      make("h2", { id }, group.name),
      showText(group.description),
    );
    const list = make("ul", {});
    for (const entry of group.entries) {
      entry.element = showOperation(entry, findBase);
      entry.link = make(
        "li",
        {},
        make(
          "a",
          { href: linkTo(entry), title: entry.path },
          showMethod(entry.method),
          " ",
          make("span", {}, entry.title),
        ),
      );
      entry.element.addEventListener("toggle", () => entry.link.classList.toggle("open", entry.element.open));
      section.append(entry.element);
      list.append(entry.link);
    }
    group.section = section;
    group.links = make("div", {}, make("h2", {}, make("a", { href: `#${section.id}` }, group.name)), list);
    return group;
  });
}

function showModels(schemas) {
  const names = Object.keys(schemas ?? {});
  if (!names.length) return null;
  const id = makeId();
  return make(
    "section",
    { class: "group", "aria-labelledby": id },
    make("h2", { id }, "Models"),
    names.map((name) =>
      makeLazy(
        { class: "operation model", id: `model/${encodeURIComponent(name)}` },
        make("h3", {}, make("code", {}, name)),
        () =>
          make(
            "div",
            { class: "inside" },
            showText(schemas[name].description),
            showSchema(schemas[name]),
            makeLazy({}, "JSON Schema", () => makeCode(JSON.stringify(schemas[name], null, 2))),
          ),
      ),
    ),
  );
}

/** Hide what does not have every word of the filter. */
function applyFilter() {
  const words = filter.value.toLowerCase().split(/\s+/).filter(Boolean);
  let [found, all] = [0, 0];
  for (const group of groups) {
    let shown = 0;
    for (const entry of group.entries) {
      const fits = words.every((word) => entry.text.includes(word) || group.name.toLowerCase().includes(word));
      entry.element.hidden = entry.link.hidden = !fits;
      shown += fits ? 1 : 0;
    }
    group.section.hidden = group.links.hidden = !shown;
    [found, all] = [found + shown, all + group.entries.length];
  }
  document.getElementById("count").textContent = words.length ? `${found} of ${all} operations` : `${all} operations`;
}

function closeMenu() {
  document.body.classList.remove("menu");
  menu.setAttribute("aria-expanded", "false");
}

/** Open what the address names, and go there. */
function follow() {
  const target = document.getElementById(location.hash.slice(1));
  if (target?.matches(".group")) target.scrollIntoView();
  if (!target?.matches("details.operation")) return;
  if (target.hidden) {
    filter.value = "";
    applyFilter();
  }
  closeMenu();
  target.open = true;
  target.scrollIntoView();
  target.querySelector("summary").focus({ preventScroll: true });
}

function listen() {
  let waiting;
  filter.addEventListener("input", () => {
    cancelAnimationFrame(waiting);
    waiting = requestAnimationFrame(() => applyFilter());
  });
  menu.addEventListener("click", () => {
    const isOpen = document.body.classList.toggle("menu");
    menu.setAttribute("aria-expanded", String(isOpen));
    if (isOpen) filter.focus();
  });
  addEventListener("keydown", (event) => {
    if (event.key === "Escape" && document.body.classList.contains("menu")) {
      closeMenu();
      menu.focus();
    } else if (
      event.key === "/" &&
      !event.ctrlKey &&
      !event.metaKey &&
      !event.target.closest("input, textarea, select, dialog")
    ) {
      event.preventDefault();
      if (isPhone.matches) menu.click();
      else filter.focus();
    }
  });
  document.getElementById("links").addEventListener("click", (event) => {
    // A click on the link of the address that is there already changes no address.
    const link = event.target.closest("a");
    if (link && link.hash === location.hash) follow();
  });
  addEventListener("hashchange", follow);
}

async function start() {
  await load(source);
  restore();
  const info = root.info ?? {};
  document.title = document.getElementById("name").textContent = info.title ?? "API";
  const { element, findBase } = makeServers(root.servers?.length ? root.servers : fallback);
  groups = showGroups(findBase);
  main.replaceChildren(
    showHead(info),
    element,
    ...groups.map((group) => group.section),
    ...[showModels(root.components?.schemas)].filter(Boolean),
  );
  document.getElementById("links").replaceChildren(...groups.map((group) => group.links));
  installDialog(document.getElementById("authorize"));
  applyFilter();
  listen();
  follow();
}

start().catch((error) => {
  document
    .getElementById("loading")
    ?.replaceChildren(`The document could not be shown. ${error.message}. It is expected at ${source}`);
  console.error(error);
});
