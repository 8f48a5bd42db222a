/** Is Mail Events itself well? One line if it is, and otherwise what is wrong and what to do. */
import "./words-health.js";
import { $, DATABASE_DOWN, element, hashOf, known, minute, number, time } from "./parts.js";
import { words } from "./words.js";

/** The view that shows more, and where something can be done. */
const VIEWS = { "webhooks-failed": "aside", "events-rejected": "aside", "time-wrong": "proof", "messages-overdue": "proof",
  "failures-unpaired": "proof" };

/** What somebody who has just begun can send. It is the example of the README. */
const FIRST_BOUNCE = origin => `curl -s ${origin}/webhooks/customers-mail-cloud \\
  -H 'Content-Type: application/json' -d '{
    "event_type": "bounces", "server_composition": "pro",
    "event": {"bounces": [{
      "created": "${new Date(Date.now() + 9 * 3_600_000).toISOString().slice(0, 19).replace("T", " ")}",
      "status": "2", "to": "nobody@example.net",
      "from": "news@shop.example.com", "returnPath": "news@return.pro.smtps.jp",
      "messageId": "<1@mta01.example.com>", "subject": "Autumn news", "apiData": "",
      "reason": "550 5.1.1 The mailbox does not exist"}]}}'`;

/** @param summary the newest answer; that the database is down is said above all views */
export function showHealth(summary) {
  const wrong = summary.health.filter(one => one.what !== DATABASE_DOWN && known(words.health, one.what));
  $("health").replaceChildren(element("p", {}, element("strong", {}, words.notWell)), element("ul", {}, ...wrong.map(one =>
    element("li", {}, words.health[one.what]({ ...one, count: number(one.count ?? 0), isOne: one.count === 1, since: minute(one.since) }),
      ...(VIEWS[one.what] ? [" ", element("a", { href: hashOf(VIEWS[one.what]) }, words.views[VIEWS[one.what]])] : []),
      one.details ? element("ul", {}, ...one.details.map(detail => element("li", { class: "reason" }, detail))) : null))));
  $("health").hidden = !wrong.length;
  $("well").textContent = words.well(time(summary.lastReceivedAt));
  $("well").hidden = wrong.length > 0 || summary.database === "down" || !summary.lastReceivedAt;
}

/** What to do next if there is nothing to show. */
export function showEmpty(summary) {
  const isNew = !summary.lastReceivedAt;
  const isEmpty = summary.hours.every(hour => !Object.keys(hour.events).length);
  $("empty").hidden = !isEmpty;
  $("empty").replaceChildren(...isNew ? [element("p", {}, words.firstWebhook), element("pre", {}, FIRST_BOUNCE(location.origin)),
    element("p", {}, words.sampleDay), element("pre", {}, "java -jar target/mail-events.jar sample")]
    : [element("p", {}, words.nothingInPeriod(time(summary.lastReceivedAt)))]);
}
