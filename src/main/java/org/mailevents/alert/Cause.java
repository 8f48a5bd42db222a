package org.mailevents.alert;

/**
 * The meaning of a bounce code in one language, from {@code routes/templates/causes.json}.
 *
 * @param name   the vendor's name of the bounce code
 * @param text   what happened
 * @param action what the recipient of the alert should do now
 * @param again  whether it helps to send the mail again; begins with yes or no
 */
public record Cause(String name, String text, String action, String again) {
}
