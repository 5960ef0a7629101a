// A Cloudflare Email Worker that hands each mail to Mailbag, bytes and envelope as they came.
//
//   npx wrangler secret put MAILBAG_KEY       one of MAILBAG_HOOK_CLOUDFLARE_KEYS
//   npx wrangler secret put MAILBAG_HOOK      https://ask.example.org/hooks/cloudflare
//
// Then route the column's domain (catch-all) to this worker. What is for nobody here is refused while the sender's
// server is still connected; while Mailbag is away, the exception makes that server try again later.

export default {
  async email(message, env) {
    const body = new Uint8Array(await new Response(message.raw).arrayBuffer());
    const answer = await fetch(env.MAILBAG_HOOK, {
      method: "POST",
      headers: await signed(env.MAILBAG_KEY, message.from, message.to, body),
      body,
    });
    if (answer.ok) return;
    const sentence = (await answer.text()).trim();
    if (answer.status === 406 || answer.status === 413) message.setReject(sentence);
    else throw new Error(`Mailbag: ${answer.status} ${sentence}`);
  },
};

export async function signed(key, from, to, body) {
  const values = {
    "X-Mailbag-Timestamp": String(Math.floor(Date.now() / 1000)),
    "X-Mailbag-Nonce": crypto.randomUUID(),
    "X-Mailbag-Sender": encodeURIComponent(from),
    "X-Mailbag-Recipient": encodeURIComponent(to),
  };
  const text = new TextEncoder();
  const head = text.encode(Object.values(values).join("\n") + "\n");
  const whole = new Uint8Array(head.length + body.length);
  whole.set(head);
  whole.set(body, head.length);
  const hmac = { name: "HMAC", hash: "SHA-256" };
  const imported = await crypto.subtle.importKey("raw", text.encode(key), hmac, false, ["sign"]);
  const digest = new Uint8Array(await crypto.subtle.sign("HMAC", imported, whole));
  const hex = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  return { ...values, "X-Mailbag-Signature": hex, "Content-Type": "message/rfc822" };
}
