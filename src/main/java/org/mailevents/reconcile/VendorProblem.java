package org.mailevents.reconcile;

/** Why the vendor's API cannot be asked further now. The message is a sentence for the operators and holds no key. */
final class VendorProblem extends Exception {

    private static final long serialVersionUID = 1;

    private final String field;

    VendorProblem(String message) {
        this(message, "");
    }

    /** @param field the parameter that the vendor refuses, or empty */
    VendorProblem(String message, String field) {
        super(message);
        this.field = field;
    }

    /** Whether the vendor refuses the value of this parameter. */
    boolean refuses(String parameter) {
        return field.equals(parameter);
    }
}
