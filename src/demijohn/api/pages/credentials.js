// Hold the credentials that requests from this page carry.
// SECURITY: in this tab only, until it is closed: another tab, a shared computer's next user, finds nothing.

import { readSchemes, readSecurity, root } from "./source.js";

const key = `docs-credentials ${location.pathname}`;
let held = {};

/** Read what was entered in this tab before. */
export function restore() {
  try {
    held = JSON.parse(sessionStorage.getItem(key)) ?? {};
  } catch {
    held = {};
  }
}

/** Keep what was entered for a scheme; null forgets it. */
export function keep(name, values) {
  if (values) held[name] = values;
  else delete held[name];
  try {
    sessionStorage.setItem(key, JSON.stringify(held));
  } catch {
    // They hold until the page is left then.
  }
  dispatchEvent(new Event("credentials"));
}

const encodeBasic = (text) => btoa(String.fromCharCode(...new TextEncoder().encode(text)));

/** Return the headers, query fields and cookies that authorize an operation. */
export function findCredentials(operation) {
  const result = { headers: [], query: [], cookies: [] };
  const schemes = new Map(readSchemes());
  const alternatives = readSecurity(operation).map((it) => Object.keys(it));
  const chosen = alternatives.filter((names) => names.length).find((names) => names.every((name) => held[name])) ?? [];
  for (const name of chosen) {
    const scheme = schemes.get(name) ?? {};
    const { token, user, password } = held[name];
    if (scheme.type === "apiKey") {
      result[{ header: "headers", query: "query", cookie: "cookies" }[scheme.in]]?.push([scheme.name, token]);
    } else if (scheme.type === "http" && scheme.scheme?.toLowerCase() === "basic") {
      result.headers.push(["Authorization", `Basic ${encodeBasic(`${user}:${password}`)}`]);
    } else if (scheme.type !== "mutualTLS") {
      const word = scheme.type === "http" && scheme.scheme?.toLowerCase() !== "bearer" ? scheme.scheme : "Bearer";
      result.headers.push(["Authorization", `${word} ${token}`]);
    }
  }
  return result;
}

/** Say whether something was entered for a scheme. */
export const isHeld = (name) => name in held;

/** Return the URL of a token endpoint: below the application, unless the document names servers. */
function findTokenUrl(url) {
  const { document: address, root: mount } = document.body.dataset;
  if (url.startsWith("/") && !url.startsWith("//") && !root.servers?.length)
    return new URL(url.slice(1), new URL(mount, location.href));
  return new URL(url, new URL(address, location.href));
}

/** Return the token that a user name and a password are given (RFC 6749, section 4.3). */
export async function askToken(url, user, password, scope) {
  const response = await fetch(findTokenUrl(url), {
    method: "POST",
    headers: { "Content-Type": "application/x-www-form-urlencoded", Accept: "application/json" },
    body: new URLSearchParams({ grant_type: "password", username: user, password, ...(scope && { scope }) }),
  });
  const answer = await response.json().catch(() => ({}));
  if (response.ok && answer.access_token) return answer.access_token;
  const why = answer.detail ?? answer.error_description ?? answer.error ?? "without a token";
  const faults = (answer.errors ?? []).map(({ where, expected }) => ` ${where}: ${expected}.`);
  throw new Error(`${response.status} ${why}${faults.join("")}`);
}
