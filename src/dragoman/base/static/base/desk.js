// The desk's own script: clocks, keys, theme, dialogs, copying, undo. Every page works without it.
(() => {
  "use strict";
  const root = document.documentElement;
  root.dataset.js = "";
  const each = (selector, work, from = document) => from.querySelectorAll(selector).forEach(work);
  const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

  // Clocks: the server wrote the time; from then on this computer counts from it.
  const formats = new Map();
  const format = (zone) => {
    if (!formats.has(zone)) {
      formats.set(zone, new Intl.DateTimeFormat("en-GB", { timeZone: zone, hour: "2-digit", minute: "2-digit" }));
    }
    return formats.get(zone);
  };
  const tick = () => {
    const now = new Date();
    each("[data-clock]", (clock) => {
      const text = format(clock.dataset.clock).format(now);
      if (clock.textContent !== text) clock.textContent = text;
    });
    setTimeout(tick, 60000 - (Date.now() % 60000) + 20);
  };
  setTimeout(tick, 60000 - (Date.now() % 60000) + 20);

  // Theme: auto follows the system. Kept in a cookie, so that the server draws the page right at once.
  document.addEventListener("click", (event) => {
    const choice = event.target.closest("[data-theme-choice]");
    if (!choice) return;
    const theme = choice.dataset.themeChoice;
    if (theme === "auto") delete root.dataset.theme;
    else root.dataset.theme = theme;
    document.cookie = `dragoman_theme=${theme}; path=/; max-age=31536000; samesite=lax`;
    each("[data-theme-choice]", (button) =>
      button.setAttribute("aria-pressed", String(button.dataset.themeChoice === theme)));
  });

  // Menus made of <details>: Escape and a click outside close them.
  document.addEventListener("click", (event) => {
    each("details[data-menu][open]", (menu) => {
      if (!menu.contains(event.target)) menu.open = false;
    });
  });

  // Keys: "/" searches; J and K walk the rows of the list marked data-walk; Enter opens, A does the row's deed.
  let here = -1;
  const rows = () => [...document.querySelectorAll("[data-walk] > [data-at]")];
  const walk = (step) => {
    const all = rows();
    if (!all.length) return;
    all.forEach((row) => row.classList.remove("here"));
    here = Math.max(0, Math.min(all.length - 1, here + step));
    const row = all[here];
    row.classList.add("here");
    const link = row.querySelector("a[href]");
    if (link) link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape") {
      each("details[data-menu][open]", (menu) => {
        menu.open = false;
        menu.querySelector("summary").focus();
      });
      return;
    }
    if (event.ctrlKey || event.metaKey || event.altKey || typing(event.target)) return;
    const find = document.querySelector("[data-find]");
    if (event.key === "/" && find && find.offsetParent) {
      event.preventDefault();
      find.focus();
      find.select();
    } else if (event.key === "j") walk(1);
    else if (event.key === "k") walk(-1);
    else if (event.key === "a" && rows()[here]) {
      const deed = rows()[here].querySelector("[data-deed]");
      if (deed) deed.click();
    }
  });
  document.addEventListener("focusin", (event) => {
    const row = event.target.closest("[data-walk] > [data-at]");
    if (!row) return;
    const all = rows();
    all.forEach((other) => other.classList.toggle("here", other === row));
    here = all.indexOf(row);
  });

  // Dialogs: a button names its dialog; without script the button is a link or a form of its own.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-dialog]");
    if (opener) {
      const dialog = document.getElementById(opener.dataset.dialog);
      if (dialog && dialog.showModal) {
        event.preventDefault();
        dialog.showModal();
      }
    }
    const closer = event.target.closest("[data-close]");
    if (closer) {
      event.preventDefault();
      closer.closest("dialog").close();
    }
  });

  // A button that cannot be pressed says why in the note it is described by; it stays reachable.
  document.addEventListener("click", (event) => {
    const button = event.target.closest("[aria-disabled=true]");
    if (button) {
      event.preventDefault();
      event.stopPropagation();
    }
  }, true);

  // One press is enough: a form that goes out is not sent twice.
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("hx-post") || form.dataset.again !== undefined) return;
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    setTimeout(() => delete form.dataset.sent, 8000);
  });

  // A choice that is an address of its own goes there at once; without script its form has other ways.
  document.addEventListener("change", (event) => {
    const choice = event.target.closest("select[data-submit]");
    if (choice && choice.form) choice.form.requestSubmit();
  });

  // Copying evidence.
  document.addEventListener("click", async (event) => {
    const button = event.target.closest("[data-copy]");
    if (!button || !navigator.clipboard) return;
    await navigator.clipboard.writeText(button.dataset.copy);
    const word = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = word; }, 1500);
  });

  // Undo: the deed is done at once, and can be taken back for ten seconds.
  const undo = (words, back) => {
    each(".toast", (old) => old.remove());
    const toast = document.createElement("div");
    toast.className = "toast";
    toast.setAttribute("role", "status");
    const text = document.createElement("span");
    text.textContent = words;
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Undo";
    button.addEventListener("click", () => { back(); toast.remove(); });
    toast.append(text, button);
    document.body.append(toast);
    setTimeout(() => { if (!toast.contains(document.activeElement)) toast.remove(); }, 10000);
  };

  // A request that fails says so in place; what was on the page stays.
  const say = (words) => {
    const notes = document.getElementById("notes");
    if (!notes) return;
    const note = document.createElement("div");
    note.className = "note bad";
    note.textContent = words;
    notes.replaceChildren(note);
  };
  document.addEventListener("htmx:sendError", () => say(
    "The desk cannot be reached. Nothing on this page is lost; it is tried again by itself."));
  document.addEventListener("htmx:responseError", (event) => {
    if (event.detail.xhr.status >= 500) say("The desk could not do that just now. Nothing is lost; try it again.");
  });
  document.addEventListener("htmx:afterRequest", (event) => {
    if (!event.detail.successful) return;
    each("#notes .note.bad", (note) => { if (/^The desk c/.test(note.textContent)) note.remove(); });
  });

  window.desk = { undo, say };
})();
