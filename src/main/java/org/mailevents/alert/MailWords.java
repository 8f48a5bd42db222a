package org.mailevents.alert;

/**
 * The words of a mail.
 *
 * @param html null in a notice
 * @param file the name of the attached CSV; null if the mail lists all of its bounces
 * @param csv  the content of the attached CSV, or null
 */
record MailWords(String subject, String text, String html, String file, String csv) {

    static MailWords plain(String subject, String text) {
        return new MailWords(subject, text, null, null, null);
    }
}
