/* Searches the statements of one language in small static lists, newest month first. Nothing leaves the computer. */
"use strict";
(() => {
  const page = document.getElementById("search");
  if (!page) return;
  const [form, field, found, said, more] = ["find", "q", "found", "said", "more"].map((id) => document.getElementById(id));
  const enough = 20;
  let shards = null;
  let state = null;

  const words = (key, gaps = {}) =>
    page.querySelector(`[data-say="${key}"]`).textContent.replace(/\{(\w+)\}/g, (all, name) => gaps[name] ?? all);
  /** Small letters without accents, so that "Ecole" finds "école". */
  const fold = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const read = async (path) => {
    const answer = await fetch(path, { credentials: "omit" });
    if (!answer.ok) throw new Error(path);
    return answer.json();
  };

  function row(hit) {
    const item = document.createElement("li");
    const when = document.createElement("p");
    when.className = "when";
    when.textContent = hit.d;
    const title = document.createElement("h2");
    const link = document.createElement("a");
    link.href = hit.u;
    link.textContent = hit.t;
    title.append(link);
    item.append(when, title);
    if (hit.s) {
      const summary = document.createElement("p");
      summary.textContent = hit.s;
      item.append(summary);
    }
    return item;
  }

  async function go(mine) {
    const until = mine.count + enough;
    more.hidden = true;
    while (mine.next < shards.length && mine.count < until) {
      const list = await read(shards[mine.next]);
      if (mine !== state) return;
      mine.next += 1;
      for (const hit of list) {
        const text = fold(`${hit.t} ${hit.s} ${hit.w}`);
        if (mine.asked.every((word) => text.includes(word))) { found.append(row(hit)); mine.count += 1; }
      }
    }
    more.hidden = mine.next >= shards.length;
    said.textContent = mine.count ? words("search_found", { count: mine.count }) : words("search_none");
  }

  async function search() {
    const asked = fold(field.value).split(/\s+/).filter(Boolean);
    found.replaceChildren();
    said.textContent = "";
    if (!asked.length) return;
    state = { asked, next: 0, count: 0 };
    try {
      shards ??= (await read(page.dataset.index)).shards;
      await go(state);
    } catch { said.textContent = words("search_failed"); shards = null; }
  }

  document.getElementById("alone").remove();
  form.hidden = false;
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    history.replaceState(null, "", field.value ? `#${encodeURIComponent(field.value)}` : location.pathname);
    search();
  });
  more.addEventListener("click", () => go(state).catch(() => { said.textContent = words("search_failed"); }));
  if (location.hash.length > 1) {
    try { field.value = decodeURIComponent(location.hash.slice(1)); search(); } catch { /* not ours */ }
  }
})();
