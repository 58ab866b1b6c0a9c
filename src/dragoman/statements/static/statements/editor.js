// The editor: paragraphs side by side, saved as one writes, kept on this computer while the desk is away.
(() => {
  "use strict";
  const form = document.getElementById("editor");
  if (!form) return;
  const bitext = document.getElementById("bitext");
  const saved = document.getElementById("saved");
  const panel = document.getElementById("panel");
  const local = document.getElementById("local");
  const token = form.elements.csrfmiddlewaretoken.value;
  const LIST = /^[ \t]*(?:[-*+][ \t]|\d{1,4}[.)][ \t])/;
  const WAIT = 800;
  const RETRY = 5000;

  const langs = [...new Set([...bitext.querySelectorAll(".cell")].map((cell) => cell.dataset.lang))];
  const area = (cell) => cell.querySelector("textarea");
  const cells = (lang, name) => [...bitext.querySelectorAll(`.cell[data-name="${name}"]`)]
    .filter((cell) => cell.dataset.lang === lang);
  const versionOf = (lang) => bitext.querySelector(`[data-version="${CSS.escape(lang)}"]`);
  const key = (lang) => `dragoman:${form.dataset.ref}:${form.dataset.rev}:${lang}`;

  // The same rule as on the server: a blank line between paragraphs, none between items of one list.
  const join = (blocks) => {
    let body = "";
    let before = "";
    for (const raw of blocks) {
      const block = raw.replace(/^\n+/, "").trimEnd();
      if (!block.trim()) continue;
      body += (LIST.test(block) && LIST.test(before) ? "\n" : body ? "\n\n" : "") + block;
      before = block.split("\n").at(-1);
    }
    return body;
  };
  const read = (lang) => ({
    title: area(cells(lang, "title")[0]).value,
    summary: area(cells(lang, "summary")[0]).value,
    body: join(cells(lang, "block").map((cell) => area(cell).value)),
  });
  const same = (one, other) => one.title === other.title && one.summary === other.summary && one.body === other.body;
  const asSaved = new Map(langs.map((lang) => [lang, read(lang)]));

  // --- mirror: marks of findings and citations behind the words ---
  const findings = () => [...document.querySelectorAll("[data-finding]")];
  const placesIn = (cell) => {
    const { lang, name } = cell.dataset;
    const text = area(cell).value;
    // Paragraphs are counted as the rules count them: an empty one is none.
    const above = name === "block" ? cells(lang, "block").slice(0, cells(lang, "block").indexOf(cell)) : [];
    const at = above.filter((one) => area(one).value.trim()).length + 1;
    const places = [];
    for (const finding of findings()) {
      const data = finding.dataset;
      const field = data.field === "body" ? "block" : data.field;
      if (!data.words || data.lang !== lang || field !== name || data.cleared !== undefined) continue;
      if (name === "block" && data.paragraph && Number(data.paragraph) !== at) continue;
      const start = text.indexOf(data.words);
      if (start >= 0) places.push({ start, end: start + data.words.length, finding });
    }
    for (const match of text.matchAll(/\[(?:[a-z0-9-]+\/)?F\d+\]/g)) {
      places.push({ start: match.index, end: match.index + match[0].length });
    }
    return places.sort((one, other) => one.start - other.start);
  };
  const draw = (cell) => {
    const mirror = cell.querySelector(".mirror");
    const text = area(cell).value;
    const out = document.createDocumentFragment();
    let done = 0;
    for (const place of placesIn(cell)) {
      if (place.start < done) continue;
      out.append(text.slice(done, place.start));
      const mark = document.createElement(place.finding ? "mark" : "span");
      if (!place.finding) mark.className = "cite";
      else if (place.finding.dataset.severity === "blocks") mark.className = "block";
      mark.append(text.slice(place.start, place.end));
      out.append(mark);
      done = place.end;
    }
    out.append(text.slice(done) + "\u200b");
    mirror.replaceChildren(out);
  };
  const drawAll = () => bitext.querySelectorAll(".cell").forEach(draw);

  // --- rows: a blank line makes a new paragraph, on both sides of the spine ---
  const rowOf = (cell) => {
    const at = cells(cell.dataset.lang, "block").indexOf(cell);
    return langs.map((lang) => cells(lang, "block")[at]);
  };
  const numbers = () => bitext.querySelectorAll("[data-number]").forEach((spine, at) => {
    spine.textContent = at + 1;
    langs.forEach((lang) => {
      const cell = cells(lang, "block")[at];
      const label = area(cell).getAttribute("aria-label").replace(/ \d+$/, "");
      area(cell).setAttribute("aria-label", `${label} ${at + 1}`);
    });
  });
  const addRow = (after) => {
    const pattern = rowOf(after);
    const last = pattern.at(-1);
    const right = langs.length > 1 ? last : last.nextElementSibling.nextElementSibling;
    const spine = pattern[0].nextElementSibling;
    const made = pattern.map((cell) => {
      const copy = cell.cloneNode(true);
      area(copy).value = "";
      area(copy).removeAttribute("placeholder");
      return copy;
    });
    const parts = [made[0], spine.cloneNode(true), langs.length > 1 ? made[1] : right.cloneNode(true)];
    right.after(...parts);
    made.forEach(draw);
    numbers();
    return made;
  };
  const split = (cell) => {
    const text = area(cell).value;
    const at = text.search(/\n[ \t]*\n/);
    if (at < 0 || cell.dataset.name !== "block") return;
    const rest = text.slice(at).replace(/^\s*\n/, "");
    area(cell).value = text.slice(0, at);
    const row = addRow(cell);
    const fresh = row[langs.indexOf(cell.dataset.lang)];
    area(fresh).value = rest.replace(/^\n+/, "");
    area(fresh).focus();
    area(fresh).setSelectionRange(0, 0);
    draw(cell);
    draw(fresh);
    split(fresh);
  };
  const merge = (cell) => {
    const all = cells(cell.dataset.lang, "block");
    const at = all.indexOf(cell);
    if (at < 1) return false;
    const before = area(all[at - 1]);
    const place = before.value.length;
    before.value += (before.value && area(cell).value ? " " : "") + area(cell).value;
    area(cell).value = "";
    const row = rowOf(cell);
    if (row.every((one) => !area(one).value.trim())) {
      const spine = row[0].nextElementSibling;
      const third = spine.nextElementSibling;
      row[0].remove();
      spine.remove();
      third.remove();
    }
    before.focus();
    before.setSelectionRange(place, place);
    numbers();
    drawAll();
    return true;
  };

  // --- saving ---
  const timers = new Map();
  const busy = new Set();
  const say = (words, kind = "") => {
    saved.textContent = words;
    saved.className = `saved ${kind || "soft"}`;
  };
  const clock = () => new Date().toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
  const keep = (lang) => {
    try {
      localStorage.setItem(key(lang), JSON.stringify({ ...read(lang), version: versionOf(lang).value, at: clock() }));
    } catch { /* a full or forbidden store must not stop anyone from writing */ }
  };
  const forget = (lang) => {
    try { localStorage.removeItem(key(lang)); } catch { /* as above */ }
  };
  const later = (lang, wait = WAIT) => {
    clearTimeout(timers.get(lang));
    timers.set(lang, setTimeout(() => save(lang), wait));
  };
  const away = (lang) => {
    say(`Saved on this computer at ${clock()}. The desk cannot be reached; it is tried again every 5 s. Go on writing.`, "ask");
    later(lang, RETRY);
  };
  const save = async (lang) => {
    if (busy.has(lang)) { later(lang); return; }
    const mine = read(lang);
    if (same(mine, asSaved.get(lang))) { forget(lang); return; }
    busy.add(lang);
    say("Saving");
    try {
      const body = new URLSearchParams({ ...mine, version: versionOf(lang).value });
      const answer = await fetch(form.dataset.save.replace("LANG", encodeURIComponent(lang)), {
        method: "POST", body, headers: { "X-CSRFToken": token, Accept: "application/json" }, redirect: "manual",
      });
      if (answer.type === "opaqueredirect") {
        say("You are signed out. The text is kept on this computer; sign in in another tab, then go on.", "bad");
        later(lang, RETRY);
        return;
      }
      if (answer.status >= 500) { away(lang); return; }
      const said = await answer.json().catch(() => null);
      if (!said) say(`Not saved: the desk refused it (${answer.status}). The text is kept on this computer; copy it, then reload.`, "bad");
      else if (answer.ok) taken(lang, mine, said);
      else if (said.theirs) clash(lang, said);
      else say(`Not saved: ${said.detail || ""} ${said.mend || ""}`.trim(), "bad");
    } catch {
      away(lang);
    } finally {
      busy.delete(lang);
    }
  };
  const taken = (lang, mine, said) => {
    versionOf(lang).value = said.version;
    asSaved.set(lang, mine);
    forget(lang);
    const holder = document.createElement("template");
    holder.innerHTML = said.saved;
    say(`Saved ${holder.content.textContent}`);
    if (!same(mine, read(lang))) later(lang);
    document.body.dispatchEvent(new CustomEvent("saved"));
  };

  // --- two people at once: both texts shown, nothing lost ---
  const clash = (lang, said) => {
    say("Not saved: someone else saved first.", "bad");
    if (document.getElementById(`clash-${lang}`)) return;
    const box = document.createElement("section");
    box.className = "region clash";
    box.id = `clash-${lang}`;
    box.setAttribute("role", "alert");
    box.innerHTML = `<header><h2>Two people wrote at once</h2><span class="soft small"></span></header>
      <div class="bitext"><div class="lh"><b>Yours, on this computer</b></div><div class="sp lh"></div><div class="lh"><b>Theirs, saved</b></div>
      <div class="tx pre"></div><div class="sp"></div><div class="tx pre"></div></div>
      <div class="pad row"><button class="btn" type="button" data-mine>Save mine over theirs</button><button class="btn" type="button" data-theirs>Take theirs</button><span class="small soft">The audit keeps both.</span></div>`;
    box.querySelector("header span").textContent = said.detail;
    const [mine, theirs] = box.querySelectorAll(".tx.pre");
    const show = (text) => [text.title, text.summary, text.body].filter(Boolean).join("\n\n");
    for (const side of [mine, theirs]) { side.lang = lang; side.dir = area(cells(lang, "title")[0]).dir; }
    mine.textContent = show(read(lang));
    theirs.textContent = show(said.theirs);
    box.querySelector("[data-mine]").addEventListener("click", () => {
      versionOf(lang).value = said.theirs.version;
      box.remove();
      save(lang);
    });
    box.querySelector("[data-theirs]").addEventListener("click", () => {
      keep(lang); // mine stays on this computer: the page offers it once more after the reload
      asSaved.set(lang, read(lang));
      location.reload();
    });
    local.before(box);
    box.scrollIntoView({ block: "center" });
  };

  // --- text that stayed on this computer ---
  const fill = (lang, text) => {
    area(cells(lang, "title")[0]).value = text.title;
    area(cells(lang, "summary")[0]).value = text.summary;
    const blocks = text.body.split(/\n{2,}/);
    const all = cells(lang, "block");
    while (all.length < blocks.length) all.push(addRow(all.at(-1))[langs.indexOf(lang)]);
    all.forEach((cell, at) => { area(cell).value = blocks[at] || ""; });
    drawAll();
  };
  const offer = (lang) => {
    let kept = null;
    try { kept = JSON.parse(localStorage.getItem(key(lang))); } catch { /* nothing readable is there */ }
    if (!kept) return;
    if (same(kept, read(lang))) { forget(lang); return; }
    const note = document.createElement("div");
    note.className = "note ask";
    const words = document.createElement("span");
    words.textContent = `A text of yours (${lang}) from ${kept.at} stayed on this computer and was never saved. `;
    const bring = document.createElement("button");
    bring.className = "btn sm";
    bring.type = "button";
    bring.textContent = "Bring it back";
    bring.addEventListener("click", () => { fill(lang, kept); note.remove(); later(lang, 0); });
    const drop = document.createElement("button");
    drop.className = "btn sm";
    drop.type = "button";
    drop.textContent = "Leave it";
    drop.addEventListener("click", () => { forget(lang); note.remove(); });
    note.append(words, bring, " ", drop);
    local.append(note);
  };

  // --- lengths on each channel, while one types: asked of the code that sends, before anything is saved ---
  const measures = document.getElementById("measures");
  const COUNT = 250;
  let counting = 0;
  let asked = 0;
  const count = async () => {
    const turn = ++asked;
    const body = new URLSearchParams({ show: document.getElementById("show")?.value || langs[0] });
    for (const lang of langs) {
      body.append("lang", lang);
      for (const [name, value] of Object.entries(read(lang))) body.append(`${lang}.${name}`, value);
    }
    try {
      const answer = await fetch(form.dataset.counts, {
        method: "POST", body, headers: { "X-CSRFToken": token }, redirect: "manual",
      });
      // An answer that a later one has overtaken, or that a save will follow at once, is not shown.
      if (!answer.ok || turn !== asked || measures.contains(document.activeElement)) return;
      measures.innerHTML = await answer.text();
      window.htmx?.process(measures);
    } catch { /* the desk is away: saving says so */ }
  };
  const countSoon = () => {
    clearTimeout(counting);
    counting = setTimeout(count, COUNT);
  };

  // --- what the officer does ---
  let last = null; // the cell written in last: facts go there
  bitext.addEventListener("focusin", (event) => {
    const cell = event.target.closest(".cell");
    if (cell) last = cell;
  });
  const changed = (cell) => {
    if (cell.dataset.name === "title") {
      area(cell).value = area(cell).value.replace(/\n/g, " ");
      const heading = document.querySelector("[data-heading]");
      if (heading && heading.lang === cell.dataset.lang) heading.textContent = area(cell).value || "Untitled";
    }
    split(cell);
    draw(cell);
    keep(cell.dataset.lang);
    countSoon();
    say("Writing");
    later(cell.dataset.lang);
  };
  bitext.addEventListener("input", (event) => {
    const cell = event.target.closest(".cell");
    if (cell) changed(cell);
  });
  bitext.addEventListener("keydown", (event) => {
    const cell = event.target.closest(".cell");
    if (!cell) return;
    if (event.key === "Enter" && cell.dataset.name === "title") {
      event.preventDefault();
      area(cells(cell.dataset.lang, "summary")[0]).focus();
    } else if (event.key === "Backspace" && cell.dataset.name === "block"
      && event.target.selectionStart === 0 && event.target.selectionEnd === 0) {
      if (merge(cell)) {
        event.preventDefault();
        later(cell.dataset.lang);
      }
    }
  });
  const add = document.getElementById("add-paragraph");
  if (add) {
    add.hidden = false;
    add.addEventListener("click", () => {
      const lang = last ? last.dataset.lang : langs[0];
      const row = addRow(cells(lang, "block").at(-1));
      area(row[langs.indexOf(lang)]).focus();
    });
  }
  const put = (cell, from, to, words) => {
    const field = area(cell);
    field.focus();
    field.setRangeText(words, from, to, "end");
    changed(cell);
  };
  document.addEventListener("click", (event) => {
    const cite = event.target.closest("[data-cite]");
    if (cite) {
      const cell = last && last.dataset.name === "block" && last.isConnected ? last : cells(langs[0], "block").at(-1);
      const field = area(cell);
      const at = field.selectionEnd;
      const gap = at && !/\s$/.test(field.value.slice(0, at)) ? " " : "";
      put(cell, at, at, `${gap}[${cite.dataset.cite}]`);
      return;
    }
    const goto = event.target.closest("[data-goto], [data-use]");
    if (!goto) return;
    const finding = goto.closest("[data-finding]");
    for (const cell of bitext.querySelectorAll(".cell")) {
      const place = placesIn(cell).find((one) => one.finding === finding);
      if (!place) continue;
      if (goto.dataset.use !== undefined) {
        put(cell, place.start, place.end, goto.dataset.use);
      } else {
        area(cell).focus();
        area(cell).setSelectionRange(place.start, place.end);
        cell.scrollIntoView({ block: "center" });
      }
      return;
    }
    // It is in a language that is not on the page: go there.
    location.search = new URLSearchParams({ left: langs[0], right: finding.dataset.lang }).toString();
  });
  const find = document.getElementById("fact-find");
  if (find) {
    find.hidden = false;
    find.addEventListener("input", () => {
      const words = find.value.toLowerCase();
      document.querySelectorAll("[data-fact]").forEach((fact) => {
        fact.hidden = !fact.textContent.toLowerCase().includes(words);
      });
    });
  }
  // --- leaving: what waits is sent at once ---
  form.addEventListener("submit", (event) => { event.preventDefault(); langs.forEach((lang) => save(lang)); });
  document.addEventListener("submit", async (event) => {
    const open = langs.filter((lang) => !same(read(lang), asSaved.get(lang)));
    if (event.target === form || event.target.hasAttribute("hx-post") || !open.length || event.defaultPrevented) return;
    event.preventDefault();
    await Promise.all(open.map((lang) => save(lang)));
    if (langs.every((lang) => same(read(lang), asSaved.get(lang)))) event.target.submit();
  }, true);
  window.addEventListener("beforeunload", (event) => {
    const open = langs.filter((lang) => !same(read(lang), asSaved.get(lang)));
    open.forEach(keep);
    if (open.length && navigator.onLine) { open.forEach((lang) => save(lang)); event.preventDefault(); }
  });
  window.addEventListener("online", () => langs.forEach((lang) => later(lang, 0)));
  panel.addEventListener("htmx:afterSwap", drawAll);

  langs.forEach(offer);
  drawAll();
})();
