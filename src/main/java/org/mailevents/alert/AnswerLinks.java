package org.mailevents.alert;

/**
 * The links by which the recipient of a mail answers it. Each link opens a page that says what will happen, and only the button of that
 * page acts.
 *
 * @param acknowledge the recipient looks after the incident
 * @param mute        the recipient does not want mails about this cause and destination for some time
 * @param lessOften   the recipient wants a digest instead of the mails of incidents
 */
public record AnswerLinks(String acknowledge, String mute, String lessOften) {
}
