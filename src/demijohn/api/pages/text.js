// Show descriptions: the part of Markdown that docstrings use, made of elements.
// SECURITY: nothing is read as HTML, and a link leads to the web, to mail or into the page.

import { make } from "./elements.js";

const INLINE =
  /`([^`]+)`|\*\*(.+?)\*\*|\*([^*\s](?:[^*]*[^*\s])?)\*|\[([^\]]+)\]\(((?:[^()\s]|\([^()\s]*\))+)\)|<?(https?:\/\/[^\s<>)]+[^\s<>).,;:!?])>?/g;
const ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/;

function isSafe(target) {
  try {
    return ["http:", "https:", "mailto:"].includes(new URL(target, location.href).protocol);
  } catch {
    return false;
  }
}

/** Make a link where its target is harmless, else the text. */
export function makeLink(target, text) {
  if (!isSafe(target)) return make("span", {}, text);
  return make("a", { href: target, rel: "noopener noreferrer nofollow" }, text);
}

/** Return one run of text as nodes. */
function showInline(text) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(INLINE)) {
    const [whole, code, strong, weak, label, target, bare] = match;
    nodes.push(text.slice(end, match.index));
    if (code) nodes.push(make("code", {}, code));
    else if (strong) nodes.push(make("strong", {}, showInline(strong)));
    else if (weak) nodes.push(make("em", {}, showInline(weak)));
    else nodes.push(makeLink(target ?? bare, label ?? bare));
    end = match.index + whole.length;
  }
  nodes.push(text.slice(end));
  return nodes.filter((node) => node !== "");
}

function showBlock(block) {
  const lines = block.split("\n");
  const heading = /^#{1,6}\s+(.*)$/.exec(lines[0]);
  // The headings of a text stand below those of the page, whatever their own level.
  if (heading)
    return [
      make("p", {}, make("strong", {}, showInline(heading[1]))),
      ...(lines.length > 1 ? showBlock(lines.slice(1).join("\n")) : []),
    ];
  const first = lines.findIndex((line) => ITEM.test(line));
  if (first < 0) return [make("p", {}, showInline(lines.join("\n")))];
  const items = [];
  for (const line of lines.slice(first)) {
    if (ITEM.test(line)) items.push(line.replace(ITEM, ""));
    else items[items.length - 1] += `\n${line.trim()}`;
  }
  const list = make(
    /^\s*\d/.test(lines[first]) ? "ol" : "ul",
    {},
    items.map((item) => make("li", {}, showInline(item))),
  );
  return first ? [make("p", {}, showInline(lines.slice(0, first).join("\n"))), list] : [list];
}

/** Make a box with a description, or nothing where there is none. */
export function showText(text) {
  if (typeof text !== "string" || !text.trim()) return null;
  const blocks = [];
  text
    .replaceAll("\r\n", "\n")
    .split(/^```.*$/m)
    .forEach((part, index) => {
      if (index % 2) blocks.push(make("pre", { tabindex: "0" }, make("code", {}, part.replace(/^\n|\n$/g, ""))));
      else
        for (const block of part.split(/\n\s*\n/))
          if (block.trim()) blocks.push(...showBlock(block.replace(/^\n+|\s+$/g, "")));
    });
  return make("div", { class: "text" }, blocks);
}
