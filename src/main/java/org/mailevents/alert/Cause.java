package org.mailevents.alert;

/**
 * What a bounce code means, in one language, as {@code routes/templates/causes.json} has it.
 *
 * @param name   the vendor's name of the code
 * @param text   what happened
 * @param action what to do now
 * @param again  whether sending again helps; begins with yes or no
 */
public record Cause(String name, String text, String action, String again) {
}
