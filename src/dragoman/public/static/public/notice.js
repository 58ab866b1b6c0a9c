/* Keeps the notices on top of a page true: a page may be older than a notice, or than its lifting.
   Does nothing when page and list agree, so that nothing moves. */
"use strict";
(() => {
  const lang = document.documentElement.lang;
  const bar = document.querySelector("header.bar");
  if (!bar || !globalThis.fetch) return;

  const shown = () => [...document.querySelectorAll("#notices [data-notice]")].map((one) => one.dataset.notice);
  const make = (name, text = "") => Object.assign(document.createElement(name), { textContent: text });

  function line(notice) {
    const texts = notice.texts;
    const code = texts[lang] ? lang : texts.en ? "en" : Object.keys(texts)[0];
    const text = texts[code];
    const row = make("div");
    row.className = "wrap";
    row.dataset.notice = `${notice.ref}:${notice.rev}`;
    const words = make("p");
    if (code !== lang) Object.assign(words, { lang: code, dir: text.dir });
    words.append(make("b", text.title), ` ${text.summary}`);
    const more = make("a", bar.dataset.more);
    more.href = text.url;
    row.append(words, more);
    return row;
  }

  function show(notices) {
    const ids = notices.map((one) => `${one.ref}:${one.rev}`);
    if (ids.join() === shown().join()) return;
    const before = document.getElementById("notices");
    if (!notices.length) { before?.remove(); return; }
    const box = make("aside");
    box.id = "notices";
    box.className = "alert";
    box.setAttribute("aria-label", bar.dataset.alert);
    box.append(...notices.map(line));
    if (before) before.replaceWith(box); else bar.before(box);
  }

  // Past the cache: a page that was left in the middle of asking would make the next one wait for its entry.
  fetch("/notices.json", { credentials: "omit", cache: "no-store" })
    .then((answer) => (answer.ok ? answer.json() : null))
    .then((list) => { if (Array.isArray(list?.notices)) show(list.notices); })
    .catch(() => { /* without the list the page stands as it was written */ });
})();
