/** The suppression list. */
import "./words-suppressions.js";
import { causeOf, deadOrNot, isTranslated } from "./causes.js";
import { $, ask, link, minute, number, table } from "./parts.js";
import { language, words } from "./words.js";

export const suppressions = {
  name: "suppressions",
  load: () => ask("/api/suppressions"),
  draw(all) {
    $("download").href = `/api/suppressions.csv${isTranslated() ? `?language=${language}` : ""}`;
    table("suppressions-table", [[words.address, one => link(one.recipient), "address"], [words.dead, deadOrNot, "word"],
      [words.causeAndReply, one => [causeOf(one.cause, one.code), one.reason], "reason"],
      [words.first, one => minute(one.firstBouncedAt), "time"], [words.last, one => minute(one.lastBouncedAt), "time"],
      [words.bounces, one => number(one.bounces), "number"],
      [words.lastSuccess, one => one.lastSucceededAt ? minute(one.lastSucceededAt) : words.never, "time"],
      [words.leaves, one => words.leavesWith[one.leavesWith]]], all);
  },
};
