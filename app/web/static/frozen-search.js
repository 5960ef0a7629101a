// Searches the folder of an exported column: loads the words that are asked for, and shows the letters that have them.
"use strict";
(() => {
  const SHOWN = 20;
  const status = document.getElementById("count");
  const found = document.getElementById("found");
  const more = document.getElementById("more");
  document.getElementById("unscripted").remove();
  const sought = (new URLSearchParams(location.search).get("q") || "").slice(0, 200).trim();
  if (!sought) return;
  for (const field of document.querySelectorAll('input[name="q"]')) field.value = sought;
  document.getElementById("sought").textContent = status.dataset.about.replace("#", () => sought);

  // The same as app/domain/words.py: fold, then take English endings off.
  const ALONE = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff";
  const SIGNS = "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u0900-\u0dff\u0e31-\u0e4e";
  const LETTER = `(?:(?![${ALONE}])[\\p{L}\\p{N}])`;
  const WORD = new RegExp(`[${ALONE}]|${LETTER}(?:${LETTER}|[${SIGNS}]|['’](?=${LETTER}))*`, "gu");
  const fold = (word) => [...word.normalize("NFKD").toLowerCase().replaceAll("ß", "ss").replaceAll("ς", "σ").normalize("NFKD")]
    .filter((c) => /[\p{L}\p{N}\u3099\u309a]/u.test(c)).join("").normalize("NFC").slice(0, 40);
  const singular = (word) => {
    if (/(ies|ied)$/.test(word) && word.length > 4) return word.slice(0, -3) + "y";
    if (/(sses|xes|ches|shes|zes)$/.test(word)) return word.slice(0, -2);
    return word.endsWith("s") && !/(ss|us|is)$/.test(word) ? word.slice(0, -1) : word;
  };
  const stem = (word) => {
    if (word.length <= 3 || !/^[a-z]+$/.test(word)) return word;
    word = singular(word);
    for (const [ending, shortest] of [["ing", 6], ["ed", 5]]) {
      const base = word.endsWith(ending) ? word.slice(0, -ending.length) : word;
      if (base !== word && word.length >= shortest && /[aeiouy]/.test(base) && !word.endsWith("eed")) {
        word = base.at(-1) === base.at(-2) && !"lsz".includes(base.at(-1)) ? base.slice(0, -1) : base;
        break;
      }
    }
    return word.length > 3 && word.endsWith("e") && word.at(-2) !== "e" ? word.slice(0, -1) : word;
  };
  const stems = [...new Set([...sought.normalize("NFC").matchAll(WORD)].map((m) => stem(fold(m[0]))).filter(Boolean))].slice(0, 12);
  const isHit = (word, wanted) => word === wanted || ([...wanted].length >= 4 && word.startsWith(wanted));
  const shard = (word) => [...word].slice(0, 2).map((c) => (/[a-zA-Z0-9]/.test(c) ? c : c.codePointAt(0).toString(16))).join("-");

  const load = async (name) => {
    const answer = await fetch(name);
    if (answer.status === 404) return null;
    if (!answer.ok) throw new Error(name);
    return answer.json();
  };

  // Letters that have a word, and how much it weighs in each: words of few letters weigh more.
  const lettersWith = async (wanted, all) => {
    const words = (await load(`words/${shard(wanted)}.json`)) || {};
    const scores = new Map();
    for (const [word, places] of Object.entries(words)) {
      if (!isHit(word, wanted)) continue;
      const rare = Math.log(1 + (2 * all) / places.length);
      for (let n = 0; n < places.length; n += 2) {
        const weight = (rare * places[n + 1]) / (places[n + 1] + 2);
        scores.set(places[n], Math.max(scores.get(places[n]) || 0, weight));
      }
    }
    return scores;
  };

  const marked = (text) => {
    const parts = [];
    let at = 0;
    for (const match of text.matchAll(WORD)) {
      const word = stem(fold(match[0]));
      if (!stems.some((wanted) => isHit(word, wanted))) continue;
      const hit = document.createElement("mark");
      hit.textContent = match[0];
      parts.push(text.slice(at, match.index), hit);
      at = match.index + match[0].length;
    }
    return [...parts, text.slice(at)];
  };
  const element = (tag, name, ...inner) => {
    const made = document.createElement(tag);
    if (name) made.className = name;
    made.append(...inner);
    return made;
  };
  const entry = ([path, day, asked, opening, lead]) => {
    const link = element("a", "", "“", ...marked(opening), "”");
    link.href = "../" + path;
    return element("article", "qa", element("p", "date", day), element("p", "asked", asked), element("h2", "", link),
      element("p", "reply", ...marked(lead)));
  };

  const chunks = new Map();
  const letter = async (number, size) => {
    const chunk = Math.floor(number / size);
    if (!chunks.has(chunk)) chunks.set(chunk, load(`letters/${chunk}.json`));
    return (await chunks.get(chunk))[number % size];
  };

  const search = async () => {
    const { letters, chunk } = await load("letters.json");
    const each = await Promise.all(stems.map((wanted) => lettersWith(wanted, letters)));
    const total = new Map();
    for (const [number] of each[0] || []) {
      if (each.every((scores) => scores.has(number))) total.set(number, each.reduce((sum, scores) => sum + scores.get(number), 0));
    }
    const ranked = [...total].sort((a, b) => b[1] - a[1] || a[0] - b[0]).map(([number]) => number);
    status.textContent = ranked.length === 0 ? status.dataset.none
      : ranked.length === 1 ? status.dataset.one : status.dataset.many.replace("#", ranked.length.toLocaleString());
    const show = async () => {
      const next = ranked.splice(0, SHOWN);
      found.append(...(await Promise.all(next.map((number) => letter(number, chunk)))).map(entry));
      if (ranked.length === 0) more.replaceChildren();
    };
    if (ranked.length > SHOWN) {
      const button = element("button", "btn quiet", more.dataset.words);
      button.type = "button";
      button.addEventListener("click", show);
      more.append(button);
    }
    await show();
  };
  search().catch(() => { status.textContent = status.dataset.broken; });
})();
