/* Shows a notice when one comes, and opens our page when it is pressed. It keeps nothing and asks nobody. */
"use strict";

self.addEventListener("push", (event) => {
  let told = {};
  try {
    told = event.data ? event.data.json() : {};
  } catch (error) {
    told = {};
  }
  const title = String(told.title || "");
  if (!title) return;
  event.waitUntil(
    self.registration.showNotification(title, {
      body: String(told.body || ""),
      lang: String(told.lang || ""),
      dir: told.dir === "rtl" ? "rtl" : "ltr",
      tag: String(told.tag || ""),
      renotify: Boolean(told.urgent) && Boolean(told.tag),
      requireInteraction: Boolean(told.urgent),
      data: { url: String(told.url || "/") },
    }),
  );
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const url = new URL(event.notification.data.url, self.location.origin);
  // Only our own pages are opened, whatever a notice says.
  if (url.origin === self.location.origin) event.waitUntil(self.clients.openWindow(url.href));
});
