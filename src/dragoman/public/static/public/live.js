/* Follows the live stream on the live page: new entries at the top, gaps said and filled, nothing twice. */
"use strict";
(() => {
  const page = document.getElementById("live");
  const news = document.getElementById("news");
  const state = document.querySelector("#state span");
  if (!page || !news || !globalThis.EventSource) return;
  let last = Number(page.dataset.last) || 0;
  let lostAt = null;
  let source = null;
  let wait = 1000;

  const words = (key, gaps = {}) =>
    page.querySelector(`[data-say="${key}"]`).textContent.replace(/\{(\w+)\}/g, (all, name) => gaps[name] ?? all);
  const clock = (date) => new Intl.DateTimeFormat(page.dataset.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date);
  /** In the zone of who speaks, as the rest of the page has it. */
  const moment = (event) => {
    const form = { dateStyle: "long", timeStyle: "short", hourCycle: "h23", numberingSystem: "latn" };
    const zone = { timeZone: event.zone, timeZoneName: "shortOffset", numberingSystem: "latn" };
    const at = new Date(event.at);
    const lang = page.dataset.lang === "en" ? "en-GB" : page.dataset.lang;
    const parts = new Intl.DateTimeFormat("en", zone).formatToParts(at);
    const offset = parts.find((part) => part.type === "timeZoneName").value.replace("GMT", "UTC");
    return `${new Intl.DateTimeFormat(lang, { ...form, timeZone: event.zone }).format(at)} (${offset})`;
  };
  const make = (name, classes = "", text = "") => {
    const element = document.createElement(name);
    if (classes) element.className = classes;
    if (text) element.textContent = text;
    return element;
  };

  function connected() {
    state.textContent = last ? words("live_on", { number: last }) : words("live_on_none");
    page.dataset.state = "on";
    if (lostAt === null) return;
    const gap = make("p", "gap");
    gap.setAttribute("role", "note");
    gap.append(make("span", "", words("live_gap", { from: clock(lostAt), to: clock(new Date()) })));
    news.prepend(gap);
    lostAt = null;
  }

  function link(url, text, number) {
    const element = make("a", "", text);
    element.href = url;
    if (number) element.append(make("span", "vh", ` ${number}`));
    return element;
  }

  function entry(event) {
    const item = make("li", "entry new");
    const number = make("span", "no");
    number.append(make("span", "vh", words("live_entry") + " "), String(event.number));
    const when = make("p", "when");
    const time = make("time", "", moment(event));
    time.dateTime = event.at;
    when.append(time);
    const mark = { correction: "live_correction", withdrawal: "live_withdrawal", notice: "notice", talks: "nav_talks" }[event.withdrawn ? "withdrawal" : event.kind];
    if (mark) when.append(make("span", "mark", words(mark)));
    if (event.proof) when.append(link(event.proof, words("live_proof"), event.number));
    item.append(number, when);
    const text = event.texts?.[page.dataset.lang];
    if (text) {
      text.title ??= words("withdrawn_title");
      const title = make("h2");
      title.append(link(text.url, text.title));
      item.append(title);
      for (const part of [text.summary, ...(text.plain ?? "").split("\n\n")]) if (part) item.append(make("p", "", part));
    } else {
      const others = make("p", "", words("live_other") + " ");
      for (const [lang, one] of Object.entries(event.texts ?? {})) {
        const other = link(one.url, one.name ?? lang);
        other.lang = lang;
        others.append(other, " ");
      }
      item.append(others);
    }
    return item;
  }

  function show(event) {
    if (event.number <= last) return;
    if (event.number > last + 1 && last > 0) { again(); return; }
    last = event.number;
    if (event.talks?.what === "pulse") { state.textContent = words("live_on", { number: last }); return; } // on the page of its talks
    let list = news.firstElementChild;
    if (!list?.matches("ol.stream")) {
      list = make("ol", "stream");
      list.reversed = true;
      news.querySelector(".empty")?.remove();
      news.prepend(list);
    }
    news.querySelector(".entry.new")?.classList.remove("new");
    list.prepend(entry(event));
    state.textContent = words("live_on", { number: last });
  }

  function again() {
    source?.close();
    setTimeout(follow, wait * (0.5 + Math.random()));
    wait = Math.min(wait * 2, 30000);
  }

  function follow() {
    source = new EventSource(`${page.dataset.stream}?last=${last}`);
    source.onopen = () => { wait = 1000; connected(); };
    source.onmessage = (message) => { try { show(JSON.parse(message.data)); } catch { again(); } };
    source.onerror = () => {
      if (lostAt === null && page.dataset.state === "on") lostAt = new Date();
      page.dataset.state = "lost";
      state.textContent = words("live_lost", { time: clock(lostAt ?? new Date()) });
      again();
    };
  }
  document.getElementById("alone")?.remove();
  follow();
})();
