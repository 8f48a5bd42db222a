/** The mail that was searched for. */
import "./words-events.js";
import { message } from "./history.js";
import { $, ask } from "./parts.js";
import { words } from "./words.js";

export const events = {
  name: "events",
  title: ({ text }) => text ? words.foundTitle(text) : words.views.events,
  /** The text is an address or a Message-ID. These look alike, so both are asked for. */
  async load({ text = "" }) {
    if (!text) {
      return [];
    }
    const path = encodeURIComponent(text);
    const [ofAddress, ofMessage] = await Promise.all([ask(`/api/recipients/${path}`), ask(`/api/messages/${path}`)]);
    return ofMessage || ofAddress || [];
  },
  /** Shows the messages that were found, the newest first. */
  draw(found, { text = "" }) {
    $("query").value = text;
    const messages = new Map();
    found.forEach(one => {
      const key = `${one.messageId}\n${one.recipient}`;
      (messages.get(key) || messages.set(key, []).get(key)).push(one);
    });
    $("found-sum").textContent = !found.length ? text ? words.nothing(text) : words.none
      : `${words.foundSum(messages.size, found.length)} ${found.length >= 1000 ? words.most : ""}`;
    $("messages").replaceChildren(...[...messages.values()].map(message));
  },
};
