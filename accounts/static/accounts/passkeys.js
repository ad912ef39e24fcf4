// Passkeys: asks the platform for a challenge, the browser for an answer, sends it back.
"use strict";

const bytes = (text) =>
  Uint8Array.from(
    atob(text.replace(/-/g, "+").replace(/_/g, "/")),
    (letter) => letter.charCodeAt(0),
  );

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, "-")
    .replace(/\//g, "_")
    .replace(/=+$/, "");

function readable(options) {
  const key = options.publicKey;
  key.challenge = bytes(key.challenge);
  if (key.user) key.user.id = bytes(key.user.id);
  for (const list of [key.allowCredentials, key.excludeCredentials]) {
    for (const item of list || []) item.id = bytes(item.id);
  }
  return { publicKey: key };
}

function sendable(credential) {
  const response = {};
  for (const name of [
    "clientDataJSON",
    "attestationObject",
    "authenticatorData",
    "signature",
    "userHandle",
  ]) {
    if (credential.response[name]) response[name] = text(credential.response[name]);
  }
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    clientExtensionResults: credential.getClientExtensionResults(),
    authenticatorAttachment: credential.authenticatorAttachment,
    response,
  };
}

async function ask(area) {
  const token = area.querySelector("[name=csrfmiddlewaretoken]").value;
  const headers = { "X-CSRFToken": token, "Content-Type": "application/json" };
  const send = async (address, body) => {
    const answer = await fetch(address, { method: "POST", headers, body });
    if (answer.redirected) {
      window.location.assign(answer.url);
      throw new Error("");
    }
    const data = await answer.json();
    if (!answer.ok) throw new Error(data.detail);
    return data;
  };
  const options = readable(await send(area.dataset.begin, "{}"));
  const credential = await navigator.credentials[area.dataset.passkey](options);
  const body = JSON.stringify({ credential: sendable(credential) });
  window.location.assign((await send(area.dataset.answer, body)).next);
}

for (const area of document.querySelectorAll("[data-passkey]")) {
  const button = area.querySelector("button");
  const told = area.querySelector("[role=alert]");
  const tell = (words) => {
    told.textContent = words;
    told.hidden = !words;
  };
  if (!window.PublicKeyCredential) {
    button.disabled = true;
    tell("Ce navigateur ne connaît pas les clés d’accès.");
    continue;
  }
  button.type = "button";
  button.addEventListener("click", async () => {
    tell("");
    button.disabled = true;
    try {
      await ask(area);
    } catch (error) {
      tell(
        error.name === "Error"
          ? error.message
          : "La clé n’a pas répondu : réessayez.",
      );
      button.disabled = false;
    }
  });
}
