package org.mailevents.support;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;

/**
 * The objects of a Kubernetes manifest.
 *
 * @param objects each object as maps and lists
 */
public record Kubernetes(List<Object> objects) {

    public static Kubernetes read(Path file) throws IOException {
        List<Object> objects = new ArrayList<>();
        new Load(LoadSettings.builder().setAllowDuplicateKeys(false).build()).loadAllFromString(Files.readString(file))
                .forEach(objects::add);
        return new Kubernetes(objects);
    }

    /** The value at this path in the object of this kind. A step of the path is a key or, in a list, a position. */
    @SuppressWarnings("unchecked")
    public <T> T get(String kind, Object... path) {
        Object value = objects.stream().filter(object -> kind.equals(((Map<?, ?>) object).get("kind"))).findFirst()
                .orElseThrow(() -> new AssertionError("There is no " + kind));
        for (Object step : path) {
            value = step instanceof Integer index ? ((List<?>) value).get(index) : ((Map<?, ?>) value).get(step);
            if (value == null) {
                throw new AssertionError(kind + " has no " + List.of(path) + ": there is no " + step);
            }
        }
        return (T) value;
    }

    /** The kind of the object that makes the pods. */
    public String workload() {
        return Stream.of("StatefulSet", "Deployment").filter(this::has).findFirst().orElseThrow();
    }

    private boolean has(String kind) {
        return objects.stream().anyMatch(object -> kind.equals(((Map<?, ?>) object).get("kind")));
    }

    /** The value at this path in the only container of the pod. */
    public <T> T container(Object... path) {
        List<Object> all = new ArrayList<>(List.of("spec", "template", "spec", "containers", 0));
        all.addAll(List.of(path));
        return get(workload(), all.toArray());
    }

    /** The value at this path in the pod. */
    public <T> T pod(Object... path) {
        List<Object> all = new ArrayList<>(List.of("spec", "template", "spec"));
        all.addAll(List.of(path));
        return get(workload(), all.toArray());
    }
}
