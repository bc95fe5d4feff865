"use strict";
(() => {
  const { url, page, secret } = document.body.dataset;

  const copy = document.getElementById("copy");
  copy.hidden = false;
  copy.addEventListener("click", async () => {
    const text = document.getElementById("text");
    try {
      await navigator.clipboard.writeText(text.textContent);
      copy.textContent = "Copied";
    } catch {
      // Without HTTPS only localhost has a clipboard: the text is selected, for a key press.
      text.closest("details").open = true;
      getSelection().selectAllChildren(text);
      text.scrollIntoView();
      copy.textContent = "Selected: press the keys that copy";
    }
  });

  const send = async (message) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ secret, page, ...message }),
    });
    return response.json();
  };

  const say = (log, kind, text) => {
    const line = document.createElement("p");
    line.className = kind;
    line.textContent = text;
    log.append(line);
    log.scrollTop = log.scrollHeight;
  };

  const askPin = (form, retry) => {
    form.querySelector(".pin")?.remove();
    form.append(document.getElementById("pin").content.cloneNode(true));
    const input = form.querySelector(".pin input");
    const unlock = async () => {
      const answer = await send({ pin: input.value }).catch((error) => ({ text: String(error) }));
      if (!answer.trusted) {
        say(form.querySelector(".log"), "refused", answer.text);
        input.select();
        return;
      }
      form.querySelector(".pin").remove();
      retry();
    };
    form.querySelector(".pin button").addEventListener("click", unlock);
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") {
        event.preventDefault();
        unlock();
      }
    });
    input.focus();
  };

  const run = async (form, command) => {
    const log = form.querySelector(".log");
    let answer;
    try {
      answer = await send({ frame: Number(form.dataset.frame), command });
    } catch (error) {
      answer = { text: `The server does not answer: ${error}` };
    }
    if (answer.error === "pin") {
      askPin(form, () => run(form, command));
    } else if (answer.output === undefined) {
      say(log, "refused", answer.text);
    } else if (answer.output) {
      say(log, "output", answer.output.trimEnd());
    }
  };

  for (const form of page ? document.querySelectorAll("form.console") : []) {
    const input = form.querySelector("textarea");
    const past = [];
    let position = 0;
    form.hidden = false;
    form.addEventListener("submit", (event) => event.preventDefault());
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter" && !event.shiftKey && !event.isComposing) {
        event.preventDefault();
        const command = input.value;
        if (!command.trim()) return;
        position = past.push(command);
        input.value = "";
        say(form.querySelector(".log"), "command", ">>> " + command.replaceAll("\n", "\n... "));
        run(form, command);
      } else if ((event.key === "ArrowUp" || event.key === "ArrowDown") && !input.value.includes("\n")) {
        event.preventDefault();
        position = Math.min(past.length, Math.max(0, position + (event.key === "ArrowUp" ? -1 : 1)));
        input.value = past[position] ?? "";
      }
    });
    input.addEventListener("input", () => {
      input.rows = Math.min(12, input.value.split("\n").length);
    });
  }
})();
