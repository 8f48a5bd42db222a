package org.mailevents.log;

/**
 * A step of a route that failed.
 *
 * @param route the id of the route
 * @param place the file and line of the step, such as {@code routes/route-bounces.camel.yaml:31}; null if the step is not in a YAML file
 */
public record FailedStep(String route, String place) {

    /**
     * A line for the log.
     *
     * @param what what the route did, for instance {@code failed}
     */
    public String line(String what, Throwable failure) {
        return route + " " + what + (place == null ? "" : " at " + place) + ": " + FailureText.describe(failure);
    }
}
