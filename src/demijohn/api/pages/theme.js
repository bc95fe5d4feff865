"use strict";
// Runs before the page is painted, so that a chosen theme does not flash.
(() => {
  const themes = ["system", "light", "dark"];
  const key = "docs-theme";

  const read = () => {
    try {
      return localStorage.getItem(key) ?? "system";
    } catch {
      return "system"; // a browser may keep nothing
    }
  };

  const apply = (theme) => {
    document.documentElement.dataset.theme = themes.includes(theme) ? theme : "system";
  };

  apply(read());
  addEventListener("DOMContentLoaded", () => {
    const button = document.getElementById("theme");
    const show = () => {
      button.lastElementChild.textContent = document.documentElement.dataset.theme;
    };
    button.hidden = false;
    button.addEventListener("click", () => {
      const theme = themes[(themes.indexOf(document.documentElement.dataset.theme) + 1) % themes.length];
      apply(theme);
      show();
      try {
        localStorage.setItem(key, theme);
      } catch {
        // The choice holds for this page then.
      }
    });
    show();
  });
})();
