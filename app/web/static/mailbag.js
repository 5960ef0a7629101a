/* What a script can do better; every page does its work without. Small functions, one for each thing on a page. */
(() => {
  "use strict";

  const find = (selector, from = document) => from.querySelector(selector);
  const DRAFT = "mailbag-draft";
  const DRAFT_FIELDS = ["text", "public_name", "naming", "topic"]; // not the address: a computer may have two readers
  const DRAFT_LASTS = 7 * 24 * 3600 * 1000;

  const later = (act, milliseconds) => {
    let timer = 0;
    return () => {
      clearTimeout(timer);
      timer = setTimeout(act, milliseconds);
    };
  };

  /* A browser that keeps nothing for us (a private window, a full disk) keeps no draft either. */
  const kept = {
    read() {
      try {
        const draft = JSON.parse(localStorage.getItem(DRAFT));
        return draft && Date.now() - draft.at < DRAFT_LASTS ? draft.fields : null;
      } catch {
        return null;
      }
    },
    write(fields) {
      try {
        localStorage.setItem(DRAFT, JSON.stringify({ at: Date.now(), fields }));
      } catch {}
    },
    forget() {
      try {
        localStorage.removeItem(DRAFT);
      } catch {}
    },
  };

  const setField = (form, name, value) => {
    const field = form.elements[name];
    if (field && value) field.value = value;
  };

  const keepDraft = (form) => {
    const note = find("#draft");
    const draft = kept.read();
    if (draft && draft.text && !form.elements.text.value && !find("#errors")) {
      for (const name of DRAFT_FIELDS) setField(form, name, draft[name]);
      note.hidden = false;
    }
    form.addEventListener("input", later(() => {
      const entries = DRAFT_FIELDS.map((name) => [name, form.elements[name] ? form.elements[name].value : ""]);
      kept.write(Object.fromEntries(entries));
    }, 300));
    find("button", note).addEventListener("click", () => {
      kept.forget();
      form.reset();
      form.elements.text.value = "";
      form.elements.public_name.value = "";
      note.hidden = true;
      form.elements.text.focus();
      form.elements.text.dispatchEvent(new Event("input", { bubbles: false }));
    });
  };

  const countCharacters = (form) => {
    const text = form.elements.text;
    const counter = find("#text-count");
    const show = () => {
      const left = text.maxLength - text.value.length;
      counter.textContent = counter.dataset.left.replace("{}", left.toLocaleString(document.documentElement.lang));
      counter.setAttribute("aria-live", left < 500 ? "polite" : "off");
    };
    text.addEventListener("input", show);
    show();
  };

  const listed = (letter) => {
    const item = document.createElement("li");
    const link = document.createElement("a");
    const by = document.createElement("span");
    link.href = letter.path;
    link.target = "_blank";
    link.rel = "noopener";
    link.textContent = `“${letter.opening}”`;
    by.className = "soft";
    by.textContent = letter.by;
    item.append(link, " ", by);
    return item;
  };

  const showSimilar = (form, letters) => {
    const box = find("#similar");
    const ids = letters.map((letter) => letter.id).join(" ");
    if (ids === form.elements.similar.value && !box.hidden) return;
    form.elements.similar.value = ids;
    form.elements.different.checked = false;
    find("ul", box).replaceChildren(...letters.map(listed));
    box.hidden = letters.length === 0;
  };

  const lookForSimilar = (form) => {
    const text = form.elements.text;
    let asked = "";
    text.addEventListener("input", later(async () => {
      const words = text.value.trim();
      if (words === asked) return;
      asked = words;
      if (words.length < 20) return showSimilar(form, []);
      try {
        const answer = await fetch(find("#similar").dataset.address, {
          method: "POST",
          body: new URLSearchParams({ text: words }),
        });
        if (answer.ok && words === asked) showSimilar(form, (await answer.json()).letters);
      } catch {} // without a connection she just writes on
    }, 700));
  };

  const fromHex = (hex) => Uint8Array.from(hex.match(/../g) || [], (pair) => parseInt(pair, 16));
  const toHex = (octets) => Array.from(octets, (octet) => octet.toString(16).padStart(2, "0")).join("");

  /* altcha: the number for which PBKDF2 of nonce and number begins as the challenge says. */
  const solve = async (challenge) => {
    const { nonce, salt, cost, keyLength, keyPrefix } = challenge.parameters;
    const start = fromHex(nonce);
    const attempt = async (counter) => {
      const password = new Uint8Array(start.length + 4);
      password.set(start);
      new DataView(password.buffer).setUint32(start.length, counter);
      const key = await crypto.subtle.importKey("raw", password, "PBKDF2", false, ["deriveBits"]);
      const how = { name: "PBKDF2", hash: "SHA-256", salt: fromHex(salt), iterations: cost };
      const derivedKey = toHex(new Uint8Array(await crypto.subtle.deriveBits(how, key, keyLength * 8)));
      return derivedKey.startsWith(keyPrefix) ? { counter, derivedKey } : null;
    };
    for (let counter = 0; ; counter += 8) {
      const tries = await Promise.all([0, 1, 2, 3, 4, 5, 6, 7].map((more) => attempt(counter + more)));
      const solution = tries.find(Boolean);
      if (solution) return btoa(JSON.stringify({ challenge, solution }));
    }
  };

  /* Where WebCrypto is missing (a page without https) the words without a script stay true: an editor looks first. */
  const work = async (field) => {
    const status = find("[data-working]");
    const form = field.form;
    let pressed = null;
    if (!window.crypto || !crypto.subtle) return;
    const wait = (event) => {
      if (!event.submitter || event.submitter.value !== "post") return;
      event.preventDefault();
      pressed = event.submitter;
    };
    status.textContent = status.dataset.working;
    form.addEventListener("submit", wait);
    try {
      field.value = await solve(JSON.parse(field.dataset.challenge));
    } finally {
      status.textContent = status.dataset.worked;
      form.removeEventListener("submit", wait);
    }
    if (pressed) form.requestSubmit(pressed);
  };

  const form = find("#form");
  if (form) {
    keepDraft(form);
    countCharacters(form);
    lookForSimilar(form);
  }
  const field = find("[data-challenge]");
  if (field) work(field);
  if (find("[data-posted]")) kept.forget();
})();
