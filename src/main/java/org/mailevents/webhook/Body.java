package org.mailevents.webhook;

/**
 * The body of a webhook: UTF-8 text, as the vendor always sends it, whatever charset its header names.
 *
 * @param form whether it is {@code application/x-www-form-urlencoded}; else it is JSON
 */
public record Body(boolean form, String text) {

    /** Its length only: error messages quote what they are about, and no address belongs into a log. */
    @Override
    public String toString() {
        return "Body[" + text.length() + "]";
    }
}
