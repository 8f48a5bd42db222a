package org.mailevents.event;

import java.util.List;

/** Decides why deliveries failed. The package {@code cause} has the rules. */
public interface Causes {

    /**
     * Why a delivery failed.
     *
     * @param cause the id of the cause, such as {@code mailbox-full}
     * @param kind  what the kind of such a bounce is, such as {@code temporary}
     * @param dead  whether the address is dead, so that writing to it is of no use
     */
    record Conclusion(String cause, String kind, boolean dead) {
    }

    /**
     * Decides the cause of a failed delivery.
     *
     * @param reply     the reply of the receiving server or the vendor's own words, or null
     * @param recipient the address, or its hash with the domain
     * @param code      the vendor's bounce code; empty for a delivery that failed
     */
    Conclusion decide(String reply, String recipient, String code);

    /** All causes that {@link #decide} can find, each as a conclusion. */
    List<Conclusion> all();

    /** The codes of the vendor that are known. */
    List<String> codes();
}
