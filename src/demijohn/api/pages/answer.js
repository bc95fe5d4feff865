// Send a request and show its answer.

import { isJson, make, makeCode, makeJson } from "./elements.js";
import { writeBody } from "./request.js";

/** Set the cookies of one request, where the browser lets a page do so; return what takes them back. */
function setCookies({ url, cookies }) {
  const { origin, pathname } = new URL(url, location.href);
  if (origin !== location.origin) return () => {};
  const put = (name, value, age) =>
    (document.cookie = `${name}=${value}; path=${pathname}; max-age=${age}; samesite=strict`);
  for (const [name, value] of cookies) put(name, value, 60);
  return () => cookies.forEach(([name]) => put(name, "", 0));
}

const describeSize = (size) =>
  size < 1024
    ? `${size} B`
    : size < 1_048_576
      ? `${(size / 1024).toFixed(1)} kB`
      : `${(size / 1_048_576).toFixed(1)} MB`;
const MOST_SHOWN = 1_000_000;

/** Read a body piece by piece; streams of events are shown as they come. */
async function readBody(response, onText) {
  const isStream = /event-stream|jsonl|ndjson|json-seq/.test(response.headers.get("Content-Type") ?? "");
  const pieces = [];
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  try {
    for (let piece; reader && !(piece = await reader.read()).done;) {
      pieces.push(piece.value);
      if (isStream) onText(decoder.decode(piece.value, { stream: true }));
    }
  } catch (error) {
    if (error.name !== "AbortError") throw error; // what came before is shown
  }
  return new Blob(pieces, { type: response.headers.get("Content-Type") ?? "" });
}

async function showBody(blob, type) {
  if (!blob.size) return make("p", { class: "quiet" }, "No body.");
  if (/^image\//.test(type)) return make("img", { src: URL.createObjectURL(blob), alt: "The picture in the answer" });
  const isText = isJson(type) || /^text\/|xml|javascript|jsonl|ndjson|json-seq|urlencoded/.test(type);
  const save = make("a", { href: URL.createObjectURL(blob), download: "answer" }, "Save the body");
  if (!isText) return make("p", {}, `${describeSize(blob.size)} of ${type || "an unknown type"}. `, save);
  const text = await blob.slice(0, MOST_SHOWN).text();
  const rest = blob.size > MOST_SHOWN && make("p", {}, `The first ${describeSize(MOST_SHOWN)} are shown. `, save);
  if (isJson(type) && !rest) {
    try {
      return makeJson(text);
    } catch {
      // It says that it is JSON and is not: shown as it came.
    }
  }
  return [makeCode(text), rest];
}

/** Send a request and show what comes back: the facts in one place, the body in another. */
export async function showAnswer(request, state, place, signal) {
  if (request.body && ["GET", "HEAD"].includes(request.method)) {
    state.replaceChildren(
      make(
        "span",
        { class: "fault" },
        `A browser sends no body with ${request.method}. Send it without one, or copy it as curl.`,
      ),
    );
    return;
  }
  state.replaceChildren(make("span", { class: "quiet" }, "Sent …"));
  const started = performance.now();
  const live = make("pre", { tabindex: "0" });
  const restore = setCookies(request);
  try {
    const response = await fetch(request.url, {
      method: request.method,
      headers: request.headers,
      body: writeBody(request.body),
      signal,
      credentials: "same-origin",
    });
    const status = make(
      "strong",
      { class: `status s${Math.floor(response.status / 100)}` },
      `${response.status} ${response.statusText}`.trim(),
    );
    const facts = make("span", { class: "quiet" }, " …");
    state.replaceChildren(status, facts);
    place.replaceChildren(live);
    live.hidden = true;
    const blob = await readBody(response, (text) => {
      live.hidden = false;
      live.append(text);
    });
    facts.textContent = ` ${Math.round(performance.now() - started)} ms, ${describeSize(blob.size)}${response.redirected ? `, redirected to ${response.url}` : ""}`;
    const headers = [...response.headers].map(([name, value]) => `${name}: ${value}`).join("\n");
    live.replaceWith(
      ...[await showBody(blob, blob.type)].flat().filter(Boolean),
      make("details", {}, make("summary", {}, "Headers"), makeCode(headers)),
    );
  } catch (error) {
    const why =
      error.name === "AbortError"
        ? "Stopped."
        : `There was no answer: ${error.message}. The server may be down, may not let other sites call it (CORS), or may not be listed in the document's servers.`;
    state.replaceChildren(make("span", { class: "fault" }, why));
  } finally {
    restore();
  }
}
