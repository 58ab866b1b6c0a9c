// Passkeys, and nothing else: every other deed of these pages works without a script.
"use strict";
(() => {
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-")
      .replace(/\//g, "_")
      .replace(/=+$/, "");
  const named = (list) =>
    (list || "")
      .split(" ")
      .filter(Boolean)
      .map((id) => ({ type: "public-key", id: bytes(id) }));

  async function create(data) {
    const made = await navigator.credentials.create({
      publicKey: {
        challenge: bytes(data.challenge),
        rp: { id: data.rp, name: data.rpName },
        user: { id: bytes(data.user), name: data.userName, displayName: data.userName },
        // ES256 alone: it is the one kind that the record's readers can check (docs/consent.md).
        pubKeyCredParams: [{ type: "public-key", alg: -7 }],
        authenticatorSelection: { residentKey: "preferred", userVerification: "required" },
        excludeCredentials: named(data.credentials),
        attestation: "none",
        timeout: 120000,
      },
    });
    return {
      credential: text(made.rawId),
      client_data: text(made.response.clientDataJSON),
      attestation: text(made.response.attestationObject),
    };
  }

  async function use(data) {
    const used = await navigator.credentials.get({
      publicKey: {
        challenge: bytes(data.challenge),
        rpId: data.rp,
        allowCredentials: named(data.credentials),
        userVerification: "required",
        timeout: 120000,
      },
    });
    return {
      credential: text(used.rawId),
      client_data: text(used.response.clientDataJSON),
      authenticator_data: text(used.response.authenticatorData),
      signature: text(used.response.signature),
    };
  }

  for (const form of document.querySelectorAll("form[data-passkey]")) {
    const says = form.querySelector("[role=alert]");
    const button = form.querySelector("button[type=submit]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.getAttribute("aria-disabled") === "true") return;
      button.setAttribute("aria-disabled", "true");
      says.textContent = "";
      try {
        const given = await (form.dataset.passkey === "create" ? create : use)(form.dataset);
        for (const [name, value] of Object.entries(given)) {
          const field = form.querySelector(`input[name=${name}]`);
          if (field) field.value = value;
        }
        form.submit();
      } catch (error) {
        says.textContent = form.dataset.refused;
        button.removeAttribute("aria-disabled");
      }
    });
  }
})();
