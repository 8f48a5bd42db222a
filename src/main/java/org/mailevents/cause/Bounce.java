package org.mailevents.cause;

/**
 * What is known of a failed delivery. Each of the four may be missing; a missing text counts as empty.
 *
 * @param reply   the reply of the receiving server, or the vendor's own words
 * @param to      the address of the recipient. A hash with the domain is enough
 * @param code    the vendor's bounce code, such as {@code 2}; empty for a failed delivery that has none
 * @param command the SMTP command that was answered, such as {@code RCPT} or {@code DATA}. If it is empty, the reply may name it
 */
public record Bounce(String reply, String to, String code, String command) {

    public Bounce {
        reply = reply == null ? "" : reply;
        to = to == null ? "" : to;
        code = code == null ? "" : code.strip();
        command = command == null ? "" : command;
    }
}
