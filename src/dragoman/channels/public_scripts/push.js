/* Notices in this browser. The browser is asked for its leave only after a press of the button. */
"use strict";

(() => {
  const KEPT = "dragoman-notices";

  const bytes = (text) => {
    const plain = atob(text.replaceAll("-", "+").replaceAll("_", "/") + "===".slice((text.length + 3) % 4));
    return Uint8Array.from(plain, (char) => char.charCodeAt(0));
  };

  const kept = () => {
    try {
      return JSON.parse(localStorage.getItem(KEPT) || "{}");
    } catch (error) {
      return {};
    }
  };

  const keep = (list, token) => {
    const all = kept();
    if (token) all[list] = token;
    else delete all[list];
    localStorage.setItem(KEPT, JSON.stringify(all));
  };

  const able = "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;

  for (const section of document.querySelectorAll("section.push")) {
    const list = section.dataset.list;
    const tells = JSON.parse(section.dataset.tells);
    const form = section.querySelector("form");
    const said = section.querySelector(".said");
    const on = section.querySelector("[data-on]");
    const off = section.querySelector("[data-off]");
    const wishes = section.querySelector("[data-wishes]");

    const say = (name) => {
      said.textContent = section.querySelector(`[data-say=${name}]`).textContent;
    };

    const show = async () => {
      const worker = await navigator.serviceWorker.getRegistration("/subscribe/");
      const subscription = worker && (await worker.pushManager.getSubscription());
      const isOn = Boolean(subscription) && Boolean(kept()[list]);
      on.hidden = isOn;
      off.hidden = !isOn;
      wishes.hidden = isOn;
      say(isOn ? "on" : Notification.permission === "denied" ? "denied" : "off");
    };

    const turnOn = async () => {
      if ((await Notification.requestPermission()) !== "granted") return show();
      await navigator.serviceWorker.register("/subscribe/worker.js", { scope: "/subscribe/" });
      const worker = await navigator.serviceWorker.ready;
      const subscription = await worker.pushManager.subscribe({
        userVisibleOnly: true,
        applicationServerKey: bytes(tells.key),
      });
      const answer = await fetch("/subscribe/browser/", {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({
          list,
          subscription: subscription.toJSON(),
          language: form.elements.language.value,
          topics: [...form.querySelectorAll("[name=topics]:checked")].map((one) => one.value),
        }),
      });
      if (!answer.ok) {
        await subscription.unsubscribe();
        throw new Error(String(answer.status));
      }
      keep(list, (await answer.json()).token);
      return show();
    };

    const turnOff = async () => {
      const worker = await navigator.serviceWorker.getRegistration("/subscribe/");
      const subscription = worker && (await worker.pushManager.getSubscription());
      const token = kept()[list];
      if (token) await fetch(`/subscribe/out/${token}/`, { method: "POST" });
      if (subscription) await subscription.unsubscribe();
      keep(list, "");
      return show();
    };

    const press = (button, deed) => {
      button.addEventListener("click", async () => {
        button.disabled = true;
        try {
          await deed();
        } catch (error) {
          say("failed");
        } finally {
          button.disabled = false;
        }
      });
    };

    section.querySelector("[data-alone]").hidden = true;
    form.hidden = false;
    if (!able) {
      on.hidden = true;
      wishes.hidden = true;
      say("unable");
      continue;
    }
    press(on, turnOn);
    press(off, turnOff);
    show().catch(() => say("failed"));
  }
})();
